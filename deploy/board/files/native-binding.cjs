// Stands in for the package "bindings": a compiled part lies in the board's own folder, and nowhere else.
const { join } = require("node:path");

module.exports = (name) => require(join(__dirname, "../../../native", name));
