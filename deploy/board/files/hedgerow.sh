#!/bin/sh
exec /usr/bin/node --max-semi-space-size=1 /usr/lib/hedgerow/dist/deploy/board/hedgerow.js "$@"
