/** A webpack loader that changes one place of a module, as somebody might who changes a rule. */
module.exports = function plant(source) {
  const { from, to } = this.getOptions();
  if (!source.includes(from)) throw new Error(`${this.resourcePath} does not say ${from}`);
  return source.replace(from, to);
};
