// One sentence of the reference for each request, event and feature. The types force everybody who adds one to write it
// here.
import type { RequestEvent, ServerEvent } from '@rookery/protocol'

export const requestWords: Readonly<Record<RequestEvent, string>> = {
  c2c: 'Sends a message to one user. Two users have one conversation for each `subject`, which is empty by default.',
  c2g: 'Sends a message to a group.',
  c2s: 'Says something to the business server. The answer is what its handler returned. It is not deduplicated.',
  ack: 'Acknowledges everything up to these positions. You need not ask for the answer.',
  pull: 'Reads the inbox after `since`, and each named timeline after its position. It acknowledges everything up to there.',
  follows: 'Lists the conversation timelines that I follow, with their heads and where each begins for me.',
  history:
    'Reads a conversation. Both bounds are exclusive; without them you get the newest page. Messages ascend by `seq`.',
  conversations: 'Lists my conversations, the latest activity first.',
  'conversation.get': 'Reads one conversation, by its id, by the other user, or by the group.',
  'conversation.update': 'Pins, mutes or hides a conversation. My other devices get an entry.',
  read: 'Moves my read position. It never moves back. `unread` counts up to `atSeq`.',
  recall: 'Takes a message back. `seq` of the answer is the control message.',
  edit: 'Replaces the content of a message of my own.',
  react: 'Adds a reaction to a message, or removes mine.',
  readers: 'Tells who has read as far as this message.',
  typing: 'Tells the others that I am typing. Nothing is stored.',
  presence: 'Tells who is online. `subscribe: true` replaces the set of users whose `presence` events I get.',
  'group.create': 'Makes a group; I am its owner.',
  'group.get': 'Reads a group.',
  'group.update': 'Changes what the group shows of itself. An empty avatar or announcement takes it away.',
  'group.dissolve': 'Ends the group for everybody.',
  'group.members': 'Lists the members of a group.',
  'group.add': 'Adds members.',
  'group.remove': 'Removes members.',
  'group.leave': 'Leaves the group.',
  'group.role': 'Gives a member another role. Giving `owner` makes me an admin.',
  'group.mute': 'Mutes one member, or everybody but owner and admins, until a time; 0 ends it.',
  'push.register':
    'Gives the token under which a push provider reaches this device. A token belongs to the device that registered it last.',
  'push.unregister': 'Takes the token of this device back.',
  time: 'Tells the time of the server, so that a client can align its clock.',
  'auth.refresh': 'The session goes on under a new token of the same user.',
  logout: 'Ends the session. The slot and the push registration of the device go with it.',
}

export const eventWords: Readonly<Record<ServerEvent, string>> = {
  ready: 'Comes once, first.',
  entries: 'Live entries of my inbox, ascending, without a gap in `seq`.',
  timeline: 'Live messages of a conversation timeline that I follow, ascending, without a gap in `seq`.',
  sync: 'This session is behind. It gets nothing live until it has pulled to the end.',
  s2c: 'The business server says something. It is not stored. Acknowledge it with no value.',
  receipt: 'A hint: the other user of a c2c conversation received or read this far. `conversations` has the truth.',
  typing: 'Somebody types.',
  presence: 'A user to whom I subscribed comes or goes.',
  kick: 'The session is over; `reason` says why. Then the socket closes.',
  reconnect: 'The node goes down. Connect elsewhere after `afterMs`.',
}
