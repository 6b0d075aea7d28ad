// Notifications for browsers: RFC 8030, encrypted by RFC 8291, the server named by VAPID (RFC 8292).
import { createECDH, ECDH } from 'node:crypto'
import { Agent } from 'node:https'
import { rootCertificates } from 'node:tls'
import {
  option,
  type PushOutcome,
  type PushProvider,
  type PushRequest,
  type PushTarget,
  RookeryError,
} from '@rookery/core'
import webPushLibrary from 'web-push'
import { post } from '../post.js'
import { Hosts, outsideOnly } from './hosts.js'
import { payloadOf } from './payload.js'

export interface WebPushOptions {
  /** The VAPID keys, base64url; `npx web-push generate-vapid-keys` makes them. The same on all nodes, and for good. */
  readonly publicKey: string
  readonly privateKey: string
  /** Whom a push service can write to: `mailto:…` or `https://…`. */
  readonly subject: string
  /** Push services besides those of the known browsers, `host:port` each. Default: none. They may be inside your network. */
  readonly hosts?: readonly string[]
  /** Certificates in PEM to trust besides those that Node trusts, for `hosts` of your own. Default: none. */
  readonly ca?: string
  /** A push service answers whole within this time. Default: 8,000 ms, less than chat waits for a batch. */
  readonly deadlineMs?: number
}

const declared = {
  publicKey: option.text(/^[\w-]{87}$/, 'must be the 87 characters of a VAPID public key'),
  privateKey: option.text(/^[\w-]{43}$/, 'must be the 43 characters of a VAPID private key'),
  subject: option.text(/^(?:mailto:|https:\/\/)[^\s]+$/, 'must be such as mailto:ops@example.com'),
  hosts: option.standard<readonly string[], readonly string[]>(
    [],
    option.passing<readonly string[]>(
      (value) => Array.isArray(value) && value.every((one) => /^[^\s/:]+:\d+$/.test(String(one))),
      "must be a list such as ['push.example.com:443']",
    ),
  ),
  ca: option.optional(option.text(/-----BEGIN CERTIFICATE-----/, 'must be certificates in PEM')),
  deadlineMs: option.standard(8000, option.whole(100, 60_000, 'must be whole milliseconds from 100 to 60000')),
} satisfies option.Options<WebPushOptions>

const mistake = (name: string, fault: string): Error => new Error(`webPush option ${name} ${fault}`)

const words: option.Words = {
  wrong: mistake,
  unknown: (name, all, meant) => mistake(name, `does not exist; there are ${all}${meant}`),
}

/** @throws Error of one line that names the option and the remedy. */
function checkWebPushOptions(options: WebPushOptions): option.ValuesOf<typeof declared> {
  const settings = option.read(declared, options, words)
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(settings.privateKey, 'base64url')
  if (pair.getPublicKey('base64url') !== settings.publicKey)
    throw mistake('publicKey', 'does not belong to privateKey: give both of one pair')
  return settings
}

/**
 * Web Push for `push.providers`; devices register with `provider: 'webpush'`.
 * @throws Error of one line that names the option and the remedy.
 */
export function webPush(options: WebPushOptions): PushProvider {
  const { publicKey, privateKey, subject, hosts: listed, ca, deadlineMs } = checkWebPushOptions(options)
  const hosts = new Hosts(listed)
  const agent = new Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }) })

  const sealed = (request: PushRequest, subscription: Subscription, payload: string) =>
    webPushLibrary.generateRequestDetails(subscription, payload, {
      vapidDetails: { subject, publicKey, privateKey },
      TTL: Math.max(0, Math.floor((request.expiresAt - Date.now()) / 1000)),
      topic: request.collapse,
      urgency: urgencyOf(request),
      contentEncoding: 'aes128gcm',
    })

  const sendOne = async (request: PushRequest): Promise<PushOutcome> => {
    let url: URL | null
    let details: ReturnType<typeof sealed>
    try {
      const subscription = JSON.parse(request.registration.token) as Subscription
      url = hosts.endpoint(subscription.endpoint)
      if (url === null) return { status: 'rejected', reason: 'host' }
      const payload = payloadOf(request)
      if (payload === null) return { status: 'rejected', reason: 'too-large' }
      details = sealed(request, subscription, payload)
    } catch {
      // A subscription that was stored without `check`: it must not take the others of the batch with it.
      return { status: 'rejected', reason: 'subscription' }
    }
    const { headers, body } = details
    const lookup = hosts.isListed(url) ? {} : { lookup: outsideOnly }
    try {
      return outcomeOf(await post(url, { agent, deadlineMs, body, headers, ...lookup }))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'EINSIDE'
        ? { status: 'rejected', reason: 'address' }
        : { status: 'retry', reason: code === 'ETIMEDOUT' ? 'timeout' : 'network' }
    }
  }

  return {
    name: 'webpush',
    batch: 20,
    publicKey,
    check: ({ token }) => checkSubscription(hosts, token),
    send: (batch) => Promise.all(batch.map(sendOne)),
    stop: () => agent.destroy(),
  }
}

interface Subscription {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

/** @throws RookeryError `BAD_REQUEST` */
function checkSubscription(hosts: Hosts, token: PushTarget['token']): void {
  const { endpoint, keys } = JSON.parse(token) as Subscription
  if (hosts.endpoint(endpoint) === null)
    throw new RookeryError('BAD_REQUEST', 'token.endpoint: is of no push service that this server asks')
  if (Buffer.from(keys.auth, 'base64url').length !== 16 || !isPoint(keys.p256dh))
    throw new RookeryError('BAD_REQUEST', 'token.keys: are none that a browser makes')
}

function isPoint(key: string): boolean {
  if (Buffer.from(key, 'base64url').length !== 65) return false
  try {
    ECDH.convertKey(key, 'prime256v1', 'base64url', 'base64url', 'uncompressed')
    return true
  } catch {
    return false
  }
}

const urgencyOf = ({ notification: { kind, silent } }: PushRequest): 'high' | 'normal' | 'low' =>
  kind === 'badge' ? 'low' : silent ? 'normal' : 'high'

function outcomeOf({ status, afterMs }: { status: number; afterMs: number | undefined }): PushOutcome {
  if (status >= 200 && status < 300) return { status: 'sent' }
  if (status === 404 || status === 410) return { status: 'dead' }
  if (status === 429 || status >= 500)
    return { status: 'retry', reason: `http-${status}`, ...(afterMs === undefined ? {} : { afterMs }) }
  return { status: 'rejected', reason: `http-${status}` }
}
