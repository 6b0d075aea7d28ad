export { ImPatternsModule, type ImPatternsOptions } from './patterns/patterns.module.js'
