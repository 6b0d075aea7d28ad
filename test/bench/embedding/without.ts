// The app as it is.
import { startHost } from './host.js'

await startHost({})
