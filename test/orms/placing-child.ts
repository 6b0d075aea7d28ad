// Places one order and dies at the moment at which its transaction has committed.
import { startHost } from './hosts.js'

const [, , name, url, car] = process.argv
const { orders } = await startHost(name!, url!)
await orders.place('ann', 'bob', car!)
process.kill(process.pid, 'SIGKILL')
