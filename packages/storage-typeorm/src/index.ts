export { optionsBeside } from './host.js'
export { chatFileBeside } from './sqlite/chat-file.js'
export type { SqliteOptions } from './sqlite/options.js'
export { TypeOrmStorage, type TypeOrmStorageOptions } from './typeorm-storage.js'
