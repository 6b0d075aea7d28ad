import { createServer } from 'node:http'
import { type Authenticate, createRookery, MemoryStorage } from '@rookery/core'
import { attachSocketIo } from '@rookery/transport-socketio'

const httpServer = createServer()
const authenticate: Authenticate = ({ token }) => ({ userId: token })
