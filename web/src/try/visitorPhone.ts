/**
 * A visitor's telephone in the browser: dials the hotline as an invented person.
 * In: the short-lived account of /api/try. Out: state of the one call, packets heard. Registers nowhere; can dial nothing else.
 */

import * as JsSIP from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import { onBeforeUnmount, reactive, ref } from 'vue'

import { post, serverNow } from '../shared/api'
import { read, type Counters } from '../shared/quality'
import type { SoftphoneAccount } from '../shared/types'

export type VisitorState = 'idle' | 'calling' | 'talking' | 'ended' | 'failed' | 'no_microphone'

const HOTLINE = '95120'
const ICE_READY_MS = 500

export function useVisitorPhone() {
  const state = ref<VisitorState>('idle')
  const since = ref('')
  const quality = reactive<Counters>({ sent: 0, received: 0, lost: 0, jitterMs: 0 })
  const speaker = new Audio()
  speaker.autoplay = true
  let ua: JsSIP.UA | null = null
  let session: RTCSession | null = null
  let timer: ReturnType<typeof setInterval> | undefined

  function finish(end: VisitorState): void {
    clearInterval(timer)
    if (state.value !== 'no_microphone') state.value = end
    session = null
    speaker.srcObject = null
    ua?.stop()
    ua = null
  }

  async function measure(): Promise<void> {
    if (session?.connection) Object.assign(quality, await read(session.connection))
  }

  function follow(dialled: RTCSession): void {
    session = dialled
    let iceTimer: ReturnType<typeof setTimeout> | undefined
    dialled.on('icecandidate', ({ ready }) => {
      iceTimer ??= setTimeout(ready, ICE_READY_MS)
    })
    dialled.connection?.addEventListener('track', (event) => {
      speaker.srcObject = event.streams[0] ?? new MediaStream([event.track])
      speaker.play().catch(() => undefined)
    })
    dialled.on('confirmed', () => {
      state.value = 'talking'
      since.value = new Date(serverNow()).toISOString()
      timer = setInterval(() => void measure(), 1000)
    })
    dialled.on('getusermediafailed', () => (state.value = 'no_microphone'))
    dialled.on('ended', () => finish('ended'))
    dialled.on('failed', () => finish('failed'))
  }

  async function call(caller: string): Promise<void> {
    state.value = 'calling'
    Object.assign(quality, { sent: 0, received: 0, lost: 0, jitterMs: 0 })
    const account = await post<SoftphoneAccount>('/api/try', { caller }).catch((wrong: unknown) => {
      state.value = 'idle'
      throw wrong
    })
    const phone = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(account.ws_url)],
      uri: account.uri,
      authorization_user: account.authorization_user,
      password: account.password,
      realm: account.realm,
      register: false,
      session_timers: false,
    })
    ua = phone
    phone.on('connected', () => {
      if (session !== null) return
      const host = account.uri.split('@')[1] ?? '127.0.0.1'
      const options = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: account.ice_servers } }
      follow(phone.call(`sip:${account.dial ?? HOTLINE}@${host}`, options))
    })
    phone.on('disconnected', () => state.value === 'calling' && finish('failed'))
    phone.start()
  }

  const hangUp = (): void => session?.terminate()
  const press = (key: string): void => session?.sendDTMF(key, { transportType: 'RFC2833' as never, duration: 120 })
  onBeforeUnmount(() => {
    if (session !== null) hangUp()
    clearInterval(timer)
    ua?.stop()
  })
  return { state, since, quality, call, hangUp, press }
}
