const { createRequire } = require('node:module');
const { compileFunction } = require('node:vm');
const { default: JestRuntime } = require('jest-runtime');

/** What is installed or compiled, and the same for every test file. */
const LOADED_ONCE = /\/(node_modules|dist)\//;

/**
 * jest's module loader, except that installed packages and the compiled Prisma client are loaded by Node, once a
 * process. jest would load them anew for every file: a second or two of processor time each. The project's own sources
 * and the tests are loaded for each file, as ever.
 */
module.exports = class Runtime extends JestRuntime {
  constructor(...args) {
    super(...args);
    const { executor } = this;
    // For the context of the process (environment.cjs): jest only knows contexts made by itself.
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModule(from, name, options, isActual) {
    const isOrdinary = name !== undefined && !options?.isInternalModule && !this._resolution.isCoreModule(name);
    const file = isOrdinary ? this._resolution.resolveCjs(from, name) : '';
    if (!LOADED_ONCE.test(file)) return super.requireModule(from, name, options, isActual);
    // A package by its name, for Node may choose another of its files than jest does.
    return createRequire(from)(name.startsWith('.') ? file : name);
  }

  /** jest would replace `process.getBuiltinModule`, which here is that of the process. */
  installGetBuiltinModule() {}
};
