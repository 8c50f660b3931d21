// Holds internal/verify against the providers' own npm libraries: random
// messages, as they are signed and with one character changed, must get the same
// verdict, except for the divergences below, each of which is shown by name.
//
//   npm ci --ignore-scripts && npm test     (needs Node 20, Go and openssl)
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, createHmac, createSign, generateKeyPairSync, randomBytes, randomInt } from 'node:crypto'
import { EventEmitter } from 'node:events'
import https from 'node:https'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import querystring from 'node:querystring'

const require = createRequire(import.meta.url)
const Stripe = require('stripe')
const twilio = require('twilio')
const { EventWebhook } = require('@sendgrid/eventwebhook')
const { Signature } = require('@hubspot/api-client')
const { isValidSignature, encodeSignatureHeader } = await import('@sanity/webhook')
const { signRequest, verifyRequest } = require('@contentful/node-apps-toolkit')
const cloudinary = require('cloudinary').v2
const SNSValidator = require('sns-validator')
const { Webhook } = require('svix')
const { Mux } = require('@mux/mux-node')

const cases = 150
const origin = 'https://hooks.example.com'
const seconds = (ms) => String(Math.floor(ms / 1000))
const pick = (list) => list[randomInt(list.length)]
const text = () => Array.from({ length: randomInt(1, 30) }, () => pick([...'abcXYZ019 {}":,é😀+&=%/'])).join('')
const secretText = () => randomBytes(16).toString('hex')

const hmac = (secret, data, encoding) => createHmac('sha256', secret).update(data).digest(encoding)
const settle = async (judge) => { try { return (await judge()) !== false } catch { return false } }

const stripe = new Stripe('sk_test_x')
const mux = new Mux({ tokenId: 'x', tokenSecret: 'x' })
const pairs = (header, hash) => (m, at) => ({ [header]: `t=${at},v1=${hash(m.secret, `${at}.${m.body}`)}` })

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ecPublic = ec.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const folder = mkdtempSync(join(tmpdir(), 'verify-'))
execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=sns.amazonaws.com',
  '-keyout', join(folder, 'key'), '-out', join(folder, 'pem')], { stdio: 'ignore' })
const rsaKey = readFileSync(join(folder, 'key')), certificate = readFileSync(join(folder, 'pem'), 'utf8')
rmSync(folder, { recursive: true })
const now = Date.now() // the certificate is valid from before
https.get = (_url, answer) => { // Amazon's host, for sns-validator
  const response = Object.assign(new EventEmitter(), { statusCode: 200 })
  answer(response)
  response.emit('data', certificate)
  response.emit('end')
  return new EventEmitter()
}
const topic = 'arn:aws:sns:eu-central-1:123456789012:ses'
const snsSigned = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
function snsSign(fields) {
  const signer = createSign(fields.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1')
  for (const name of snsSigned) if (fields[name] !== undefined) signer.update(`${name}\n${fields[name]}\n`)
  return JSON.stringify({ ...fields, Signature: signer.sign(rsaKey, 'base64') })
}
const notification = (more = {}) => ({
  Type: 'Notification', MessageId: 'm', TopicArn: topic, Subject: 's', Message: text(), Timestamp: new Date(now).toISOString(),
  SignatureVersion: pick(['1', '2']), SigningCertURL: 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a.pem', ...more,
})

// A scheme signs messages as the provider does; theirs is the library's verdict;
// known says why the library may accept what we refuse, knownOurs the reverse.
const schemes = {
  stripe: {
    sign: (m, at = now) => pairs('stripe-signature', (s, d) => hmac(s, d, 'hex'))(m, seconds(at)),
    theirs: (m) => stripe.webhooks.signature.verifyHeader(m.body, m.header['stripe-signature'], m.secret, 300),
    // Numbers are read up to the first other character, and signed as read.
    known: (m) => !/^t=[1-9][0-9]*,v1=[0-9a-f]+$/.test(m.header['stripe-signature']),
  },
  mux: {
    sign: (m, at = now) => pairs('mux-signature', (s, d) => hmac(s, d, 'hex'))(m, seconds(at)),
    theirs: (m) => mux.webhooks.verifySignature(m.body, m.header, m.secret).then(() => true),
    known: (m) => !/^t=[1-9][0-9]*,v1=[0-9a-f]+$/.test(m.header['mux-signature']),
  },
  sanity: {
    sign: async (m, at = now) => ({ 'sanity-webhook-signature': await encodeSignatureHeader(m.body, at, m.secret) }),
    theirs: (m) => isValidSignature(m.body, m.header['sanity-webhook-signature'], m.secret),
  },
  svix: {
    secret: () => 'whsec_' + randomBytes(32).toString('base64'),
    sign: (m, at = now) => ({ 'webhook-id': 'msg_1', 'webhook-timestamp': seconds(at), 'webhook-signature': new Webhook(m.secret).sign('msg_1', new Date(at), m.body) }),
    theirs: (m) => (new Webhook(m.secret).verify(m.body, m.header), true),
    body: () => JSON.stringify({ text: text() }), // it parses what it has verified
    known: (m) => !/^[0-9]+$/.test(m.header['webhook-timestamp']) || !/^v1,[^, ]+$/.test(m.header['webhook-signature']),
    knownOurs: (m) => { try { JSON.parse(m.body) } catch { return true } },
  },
  twilio: {
    url: () => `${origin}/in?a=${pick(['1', "it's", 'a%20b', '%2B1', ''])}`,
    body: () => querystring.stringify({ Body: text(), Digits: [text(), '1', '1'], BodyX: text() }),
    sign: (m) => ({ 'x-twilio-signature': twilio.getExpectedTwilioSignature(m.secret, m.url, querystring.parse(m.body)) }),
    theirs: (m) => twilio.validateRequest(m.secret, m.header['x-twilio-signature'], m.url, { ...querystring.parse(m.body) }),
    // querystring reads forms that are none: "%" without two digits, and ";".
    known: (m) => { try { decodeURIComponent(m.body); return m.body.includes(';') } catch { return true } },
  },
  sendgrid: {
    secret: () => ecPublic,
    sign: (m, at = now) => {
      const stamp = seconds(at)
      const signature = createSign('sha256').update(stamp + m.body).sign(ec.privateKey, 'base64')
      return { 'x-twilio-email-event-webhook-signature': signature, 'x-twilio-email-event-webhook-timestamp': stamp }
    },
    theirs: (m) => { const w = new EventWebhook(); return w.verifySignature(w.convertPublicKeyToECDSA(m.secret), m.body, m.header['x-twilio-email-event-webhook-signature'], m.header['x-twilio-email-event-webhook-timestamp']) },
    // Its base64 passes over characters that are none, and over unused bits.
    known: (m) => { const s = m.header['x-twilio-email-event-webhook-signature']; return Buffer.from(s, 'base64').toString('base64') !== s },
  },
  hubspot: {
    url: () => `${origin}/in?a=${pick(['1', 'a%20b', '%26'])}`,
    sign: (m, at = now) => ({ 'x-hubspot-signature-v3': Signature.getSignature('POST', 'v3', { clientSecret: m.secret, requestBody: m.body, url: m.url, timestamp: at }), 'x-hubspot-request-timestamp': String(at) }),
    theirs: (m) => Signature.isValid({ method: 'POST', signatureVersion: 'v3', signature: m.header['x-hubspot-signature-v3'], clientSecret: m.secret, requestBody: m.body, url: m.url, timestamp: m.header['x-hubspot-request-timestamp'] }),
  },
  'hubspot legacy': {
    sign: (m) => {
      const version = pick(['v1', 'v2'])
      return { 'x-hubspot-signature': Signature.getSignature('POST', version, { clientSecret: m.secret, requestBody: m.body, url: m.url }), 'x-hubspot-signature-version': version }
    },
    theirs: (m) => Signature.isValid({ method: 'POST', signatureVersion: m.header['x-hubspot-signature-version'], signature: m.header['x-hubspot-signature'], clientSecret: m.secret, requestBody: m.body, url: m.url }),
  },
  contentful: {
    secret: () => randomBytes(32).toString('hex'),
    url: () => origin + pick(['/in', '/in?a=1&b=2', "/in?x=it's(a)*~!", '/in%20b?c=%20d+e', '/in;a,b@c?%C3%A9', '/in?']),
    sign: (m, at = now) => ({ 'x-contentful-topic': 'Entry.publish', ...signRequest(m.secret, { method: 'POST', path: m.url.slice(origin.length), headers: { 'X-Contentful-Topic': 'Entry.publish' }, body: m.body }, at) }),
    theirs: (m) => verifyRequest(m.secret, { method: 'POST', path: m.url.slice(origin.length), headers: m.header, body: m.body }, 30),
    // It sorts the list itself, reads the time up to another character, and
    // signs headers of the list that it has, so that other names may be listed.
    known: (m) => m.header['x-contentful-signed-headers'] !== 'x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic' || !/^[0-9]+$/.test(m.header['x-contentful-timestamp']),
  },
  cloudinary: {
    sign: (m, at = now) => ({ 'x-cld-timestamp': seconds(at), 'x-cld-signature': createHash(pick(['sha1', 'sha256'])).update(m.body + seconds(at) + m.secret).digest('hex') }),
    theirs: (m) => {
      cloudinary.config({ api_secret: m.secret, signature_algorithm: m.header['x-cld-signature'].length === 40 ? 'sha1' : 'sha256' })
      return cloudinary.utils.verifyNotificationSignature(m.body, m.header['x-cld-timestamp'], m.header['x-cld-signature'])
    },
  },
  sns: {
    secret: () => topic, body: () => snsSign(notification()), sign: () => ({ 'x-amz-sns-message-type': 'Notification' }),
    theirs: (m) => new Promise((resolve, reject) => new SNSValidator().validate(JSON.parse(m.body), (err) => err ? reject(err) : resolve(true))),
    // The header and fields that nobody signed do not matter to it.
    known: (m) => snsSigned.every((name) => JSON.parse(m.body)[name] === JSON.parse(m.was)[name]),
  },
}

// divergences are shown one by one: what the library says, and what we say.
const divergences = []
const diverges = (name, scheme, theirs, ours, change) => divergences.push({ name, scheme, theirs, ours, change })
const future = now + 3600_000, old = now - 3600_000
for (const scheme of ['stripe', 'mux', 'sanity', 'hubspot', 'contentful', 'cloudinary', 'sendgrid']) {
  diverges('the library accepts the future', scheme, true, false, async (m) => { m.header = await schemes[scheme].sign(m, future) })
}
diverges('the library accepts any past', 'sanity', true, false, async (m) => { m.header = await schemes.sanity.sign(m, old) })
diverges('the library accepts any past', 'sendgrid', true, false, (m) => { m.header = schemes.sendgrid.sign(m, now - 25 * 3600_000) })
diverges('HubSpot decodes twelve escapes, its library none', 'hubspot', false, true, (m) => {
  m.url = `${origin}/in?src=hs%3Aapp`
  m.header = schemes.hubspot.sign({ ...m, url: `${origin}/in?src=hs:app` })
})
diverges('a time that is no number is never old to the library', 'hubspot', true, false, (m) => { m.header = schemes.hubspot.sign(m, 'never') })
diverges('a list out of order is sorted by the library', 'contentful', true, false, (m) => {
  m.header['x-contentful-signed-headers'] = m.header['x-contentful-signed-headers'].split(',').reverse().join(',')
})
diverges('what follows a second question mark is not signed', 'contentful', true, false, (m) => {
  m.url = `${origin}/in?a=1`
  m.header = schemes.contentful.sign(m)
  m.url += '?forged'
})
diverges('the library forgets the token when a subscription ends', 'sns', false, true, (m) => {
  m.body = snsSign(notification({ Type: 'UnsubscribeConfirmation', Token: 't', SubscribeURL: 'https://sns.eu-central-1.amazonaws.com/', Subject: undefined }))
  m.header['x-amz-sns-message-type'] = 'UnsubscribeConfirmation'
})
diverges('the library tests the end of an address, query included', 'sns', true, false, (m) => {
  m.body = snsSign(notification({ SigningCertURL: 'https://sns.eu-central-1.amazonaws.com/?x=.pem' }))
})
diverges('anybody has a topic', 'sns', true, false, (m) => { m.body = snsSign(notification({ TopicArn: topic + 'x' })) })
diverges('the library accepts any past', 'sns', true, false, (m) => { m.body = snsSign(notification({ Timestamp: new Date(now - 25 * 3600_000).toISOString() })) })

async function message(name) {
  const scheme = schemes[name]
  const m = { scheme: name, secret: (scheme.secret ?? secretText)(), method: 'POST', url: (scheme.url ?? (() => `${origin}/in`))(), body: (scheme.body ?? text)() }
  m.header = await scheme.sign(m)
  return m
}

// mutate changes one character of the body or of a header, or nothing.
function mutate(m) {
  const change = (value) => { const i = randomInt(value.length); return value.slice(0, i) + pick([...'0aZ+ =,.%&']) + value.slice(i + 1) }
  const kind = pick(['nothing', 'body', 'header'])
  m.was = m.body
  if (kind === 'body') m.body = change(m.body.replace(/[^\x20-\x7e]/g, '?'))
  if (kind === 'header') { const name = pick(Object.keys(m.header)); m.header[name] = change(m.header[name]).trim() }
  return m
}

const all = []
for (const name of Object.keys(schemes)) {
  for (let i = 0; i < cases; i++) {
    const m = mutate(await message(name))
    all.push({ m, theirs: await settle(() => schemes[name].theirs(m)) })
  }
}
for (const divergence of divergences) {
  const m = await message(divergence.scheme)
  await divergence.change(m)
  all.push({ m, divergence, theirs: await settle(() => schemes[divergence.scheme].theirs(m)) })
}

const lines = all.map(({ m }) => JSON.stringify({ ...m, body: Buffer.from(m.body).toString('base64'), now, certificate })).join('\n') + '\n'
const judged = spawnSync('go', ['run', './judge'], { input: lines, encoding: 'utf8', maxBuffer: 1 << 26, cwd: import.meta.dirname })
if (judged.status !== 0) throw new Error(judged.stderr)
const verdicts = judged.stdout.trimEnd().split('\n')
if (verdicts.length !== all.length) throw new Error(`${verdicts.length} verdicts, want ${all.length}`)

let failed = 0
const agreed = {}
all.forEach(({ m, theirs, divergence }, i) => {
  const ours = verdicts[i] === 'ok', scheme = schemes[m.scheme]
  if (divergence) {
    const right = theirs === divergence.theirs && ours === divergence.ours
    console.log(`${right ? 'ok  ' : 'FAIL'} ${m.scheme}: ${divergence.name} (library ${theirs ? 'accepts' : 'refuses'}, we say: ${verdicts[i]})`)
    if (!right) failed++
    return
  }
  const count = agreed[m.scheme] ??= { accepted: 0, refused: 0, known: 0 }
  if (ours === theirs) { count[ours ? 'accepted' : 'refused']++; return }
  if (ours ? scheme.knownOurs?.(m) : scheme.known?.(m)) { count.known++; return }
  failed++
  console.log(`FAIL ${m.scheme}: library ${theirs ? 'accepts' : 'refuses'}, we say: ${verdicts[i]}`, m)
})
for (const [name, count] of Object.entries(agreed)) {
  console.log(`${name}: ${count.accepted} accepted and ${count.refused} refused by both, ${count.known} known divergences`)
  if (count.accepted === 0 || count.refused === 0) { failed++; console.log(`FAIL ${name}: proves nothing`) }
}
console.log(failed ? `${failed} failed` : 'all agree')
process.exit(failed ? 1 : 0)
