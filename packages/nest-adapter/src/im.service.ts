// The business server's side of chat: what the host's own services inject.
import { Injectable } from '@nestjs/common'
import type { Health, NodeId, NodeInfo } from '@rookery/core'
import { RunningNode } from './running-node.js'

/**
 * May be injected anywhere, also into what `authenticate` needs: it takes none of the options to be built, and is bound
 * when the module starts. Every call before that throws.
 */
@Injectable()
export class ImService {
  constructor(private readonly node: RunningNode) {}

  /** This process, as other nodes address it. */
  get nodeId(): NodeId {
    return this.node.get().nodeId
  }

  /** Whether this node can serve, with the reason for each part that cannot. Never rejects for a part that fails. */
  health(): Promise<Health> {
    return this.node.get().health()
  }

  /** The nodes that a client may connect to, least loaded first. Rejects where presence cannot be asked. */
  endpoints(): Promise<readonly Pick<NodeInfo, 'nodeId' | 'url' | 'sessions'>[]> {
    return this.node.get().endpoints()
  }
}
