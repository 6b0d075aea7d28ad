// The app alone.
import { startHost } from './host.js'

await startHost({})
