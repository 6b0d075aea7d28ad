// One HTTPS request: a deadline for the whole answer, of whose body little is read, and no redirects.
import { type Agent, type RequestOptions, request as httpsRequest } from 'node:https'

export interface Answer {
  readonly status: number
  /** Retry-After in ms; undefined where the answer has none that can be read. */
  readonly afterMs: number | undefined
}

/** Bytes of an answer's body that are read, so that its connection can serve again. */
const bodyBytesMax = 4096

/**
 * Settles within the deadline: with the status once it is known, however the body goes on.
 * @throws Error with a code, such as `ECONNREFUSED` or `ETIMEDOUT`
 */
export function post(
  url: URL,
  { deadlineMs, body, ...options }: RequestOptions & { agent: Agent; deadlineMs: number; body: Buffer },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answer: Answer | null = null
    const end = (error: Error): void => {
      clearTimeout(timer)
      if (answer === null) reject(error)
      else resolve(answer)
    }
    const request = httpsRequest(url, { ...options, method: 'POST' }, (response) => {
      answer = { status: response.statusCode!, afterMs: afterMsOf(response.headers['retry-after']) }
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > bodyBytesMax) request.destroy()
      })
      response.on('error', end)
      response.on('close', () => end(new Error('closed')))
    })
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
      deadlineMs,
    )
    request.on('error', end)
    request.end(body)
  })
}

/** Seconds, or a date. */
function afterMsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
