export { ImClient, type ImClientOptions, type Keyed } from './im-client/im-client.js'
export { ImClientGroups } from './im-client/groups.js'
export type { TopicMessage } from './topics/topic-message.js'
export { RookeryError } from '@rookery/protocol'
