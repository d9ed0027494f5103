/**
 * The softphone: JsSIP on one side, `phoneMachine` words on the other.
 * In: the per-session account of /api/softphone, pressed keys. Out: reactive phone state, audio, quality counters.
 * One page of a browser owns the phone (Web Locks); another tab says so and takes over when the first one closes.
 * Nothing rings before the page shows who calls: 180 Ringing waits for `callIsShown`, at most RING_AT_LATEST_MS.
 * A refused registration means Asterisk forgot the account (it was restarted): the account is fetched anew, then registered again.
 */

import * as JsSIP from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import type { IncomingRequest } from 'jssip/lib/SIPMessage'
import { reactive, readonly, shallowRef } from 'vue'

import { get } from './api'
import { holdRinging, type HeldRing, type Repliable } from './heldRing'
import { phoneAfter, QUIET, type Phone, type PhoneEvent } from './phoneMachine'
import { grade, read, type Counters, type Grade } from './quality'
import type { SoftphoneAccount } from './types'

const HOLD_AGAIN_MS = 100
const HOLD_WITHIN_MS = 5000
const ICE_READY_MS = 500
const REGISTER_AGAIN_MS = 1500
const RING_AT_LATEST_MS = 1000
const QUALITY_EVERY_MS = 2000

const phone = reactive<Phone>({ ...QUIET })
const quality = reactive<{ grade: Grade; counters: Counters }>({ grade: 'unknown', counters: { sent: 0, received: 0, lost: 0, jitterMs: 0 } })
const session = shallowRef<RTCSession | null>(null)
const speaker = new Audio()
speaker.autoplay = true

let ua: JsSIP.UA | null = null
let iceServers: RTCIceServer[] = []
let shown = false
let ring: HeldRing | null = null
let stopped = true
let leave: (() => void) | null = null
let releaseLock: (() => void) | null = null
let registerAgain: ReturnType<typeof setTimeout> | undefined
let measuring: ReturnType<typeof setInterval> | undefined

function happened(event: PhoneEvent): void {
  Object.assign(phone, phoneAfter(phone, event))
}

async function measure(): Promise<void> {
  const connection = session.value?.connection
  if (!connection) return
  const counters = await read(connection)
  const before = quality.counters.received > 0 ? quality.counters : null
  Object.assign(quality, { grade: phone.call === 'held' ? 'unknown' : grade(before, counters), counters })
}

function measureWhileTalking(): void {
  clearInterval(measuring)
  Object.assign(quality, { grade: 'unknown', counters: { sent: 0, received: 0, lost: 0, jitterMs: 0 } })
  measuring = setInterval(() => void measure(), QUALITY_EVERY_MS)
}

function hear(connection: RTCPeerConnection): void {
  connection.addEventListener('track', (event) => {
    speaker.srcObject = event.streams[0] ?? new MediaStream([event.track])
    speaker.play().catch(() => undefined)
  })
}

function finished(ended: RTCSession): void {
  if (session.value !== ended) return
  session.value = null
  ring?.drop()
  ring = null
  clearInterval(measuring)
  speaker.srcObject = null
  happened('ended')
  const left = leave
  leave = null
  left?.()
}

function follow(taken: RTCSession): void {
  session.value = taken
  let iceTimer: ReturnType<typeof setTimeout> | undefined
  taken.on('icecandidate', ({ ready }) => {
    iceTimer ??= setTimeout(ready, ICE_READY_MS)
  })
  taken.on('peerconnection', ({ peerconnection }) => hear(peerconnection))
  taken.on('confirmed', () => {
    happened('confirmed')
    measureWhileTalking()
  })
  taken.on('hold', () => happened('held'))
  taken.on('unhold', () => happened('resumed'))
  taken.on('muted', () => happened('muted'))
  taken.on('unmuted', () => happened('unmuted'))
  taken.on('getusermediafailed', () => happened('microphone_refused'))
  taken.on('ended', () => finished(taken))
  taken.on('failed', () => finished(taken))
}

function rings(): void {
  happened('invited')
  if (phone.answerOnArrival) answer()
}

/** The page shows the call and who it is (or shows none). */
export function callIsShown(now: boolean): void {
  shown = now
  if (now) ring?.release()
}

function onSession(invited: RTCSession, request: IncomingRequest): void {
  if (invited.direction !== 'incoming') return
  if (session.value !== null || leave !== null) {
    invited.terminate({ status_code: 486 })
    return
  }
  follow(invited)
  ring = holdRinging(request as unknown as Repliable, rings, RING_AT_LATEST_MS)
  if (shown) ring.release()
}

async function open(): Promise<void> {
  const account = await get<SoftphoneAccount>('/api/softphone')
  if (stopped) return
  iceServers = account.ice_servers
  ua?.stop()
  ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(account.ws_url)],
    uri: account.uri,
    authorization_user: account.authorization_user,
    password: account.password,
    realm: account.realm,
    session_timers: false,
    register_expires: 300,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 10,
  })
  ua.on('registered', () => happened('registered'))
  ua.on('disconnected', () => happened('registration_lost'))
  ua.on('registrationFailed', () => tryAgain())
  ua.on('newRTCSession', (event: { session: RTCSession; request: IncomingRequest }) => onSession(event.session, event.request))
  ua.start()
}

function tryAgain(): void {
  happened('registration_lost')
  clearTimeout(registerAgain)
  if (stopped || leave !== null) return
  registerAgain = setTimeout(() => void open().catch(tryAgain), REGISTER_AGAIN_MS)
}

async function holdLock(): Promise<void> {
  if (!('locks' in navigator)) return
  await new Promise<void>((granted) => {
    void navigator.locks.request('callcenter-softphone', () => {
      granted()
      return new Promise<void>((release) => (releaseLock = release))
    })
  })
}

export async function startPhone(): Promise<void> {
  if (!stopped) return
  stopped = false
  happened('taken_elsewhere')
  await holdLock()
  if (stopped) {
    releaseLock?.()
    return
  }
  happened('started')
  await open().catch(tryAgain)
}

/** The login session is over: no new talk begins, and `then` follows when a running one has ended; at once without one. */
export function leaveAfterTalk(then: () => void): void {
  const current = session.value
  if (current === null || !current.isEstablished() || current.isEnded()) {
    then()
    return
  }
  leave = then
  happened('signed_out')
}

export function stopPhone(): void {
  stopped = true
  leave = null
  clearTimeout(registerAgain)
  clearInterval(measuring)
  ua?.stop()
  ua = null
  session.value = null
  releaseLock?.()
  releaseLock = null
  happened('stopped')
}

/** Asks for the microphone before the first call needs it, and says when there is none. */
export async function checkMicrophone(): Promise<void> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    stream.getTracks().forEach((track) => track.stop())
    happened('microphone_granted')
  } catch {
    happened('microphone_refused')
  }
}

export function answer(): void {
  const ringing = session.value
  happened('answer_pressed')
  if (ringing === null || ringing.isEstablished()) return
  ringing.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers } })
}

export function hangUp(): void {
  const current = session.value
  if (current === null || current.isEnded()) return
  current.terminate(current.isEstablished() ? {} : { status_code: 486 })
}

/** While an earlier change is still being agreed with Asterisk a new one is refused: it is asked again until it is taken. */
function hold(wanted: boolean, until: number): void {
  const current = session.value
  if (current === null || current.isEnded() || current.isOnHold().local === wanted) return
  const taken = wanted ? current.hold() : current.unhold()
  if (!taken && Date.now() < until) setTimeout(() => hold(wanted, until), HOLD_AGAIN_MS)
}

export function toggleHold(): void {
  if (phone.call === 'held' || phone.call === 'talking') hold(phone.call === 'talking', Date.now() + HOLD_WITHIN_MS)
}

export function toggleMute(): void {
  if (session.value === null) return
  if (phone.muted) session.value.unmute({ audio: true })
  else session.value.mute({ audio: true })
}

export function pressKey(key: string): void {
  if (phone.call === 'talking') session.value?.sendDTMF(key, { transportType: 'RFC2833' as never, duration: 120 })
}

export function useSoftphone() {
  return { phone: readonly(phone), quality: readonly(quality) }
}
