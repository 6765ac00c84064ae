// Stands in for the loader of the package "zeromq": its compiled part lies in the board's own folder.
const { join } = require("node:path");

exports.loadAddon = () => require(join(__dirname, "../../../native/zeromq.node"));
