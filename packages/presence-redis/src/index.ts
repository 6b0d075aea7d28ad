export {
  redisOptionNames,
  type Address,
  type ConnectionOptions,
  type HostClients,
  type RedisOptions,
} from './options.js'
export { RedisPresence } from './redis-presence.js'
export { RedisBus } from './redis-bus.js'
