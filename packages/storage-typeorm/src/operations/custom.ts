// The inbox entry of a custom event.
import type { CustomOp } from '@rookery/core'

/** Its body. The payload is JSON already. */
export const customBody = ({ topic, payload }: CustomOp): string =>
  `{"topic":${JSON.stringify(topic)},"payload":${payload}}`
