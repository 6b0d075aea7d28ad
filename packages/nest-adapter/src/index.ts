export { ImService } from './im.service.js'
export { MemoryStorageModule } from './memory-storage.module.js'
export type { RookeryModuleOptions, RookeryOptionsFactory } from './module-options.js'
export { RookeryModule } from './rookery.module.js'
