/**
 * A recording made with the browser's microphone, and how loud it is while it is made.
 * Out: state, level 0..1, seconds, the sound. Must not keep the microphone open: it is given back at stop, at discard and when the page goes.
 */

import { onBeforeUnmount, ref, shallowRef } from 'vue'

export type Recording = 'idle' | 'asking' | 'recording' | 'done' | 'no_microphone' | 'refused'

export const LONGEST_S = 180
const FORMATS = ['audio/webm;codecs=opus', 'audio/webm', 'audio/mp4', 'audio/ogg']

export function useRecorder() {
  const state = ref<Recording>('idle')
  const level = ref(0)
  const seconds = ref(0)
  const sound = shallowRef<Blob | null>(null)
  const url = ref('')
  let stream: MediaStream | null = null
  let recorder: MediaRecorder | null = null
  let context: AudioContext | null = null
  let frame = 0
  let began = 0

  async function start(): Promise<void> {
    discard()
    if (!navigator.mediaDevices || typeof MediaRecorder === 'undefined') return void (state.value = 'no_microphone')
    state.value = 'asking'
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: false } })
    } catch (wrong) {
      state.value = wrong instanceof DOMException && wrong.name === 'NotAllowedError' ? 'refused' : 'no_microphone'
      return
    }
    watchLevel(stream)
    record(stream)
  }

  function record(from: MediaStream): void {
    const mimeType = FORMATS.find((one) => MediaRecorder.isTypeSupported(one))
    const parts: Blob[] = []
    recorder = new MediaRecorder(from, mimeType ? { mimeType } : {})
    recorder.ondataavailable = (event) => void (event.data.size > 0 && parts.push(event.data))
    recorder.onstop = () => {
      sound.value = new Blob(parts, { type: (recorder?.mimeType ?? 'audio/webm').split(';')[0] ?? 'audio/webm' })
      url.value = URL.createObjectURL(sound.value)
      state.value = 'done'
      release()
    }
    began = performance.now()
    recorder.start()
    state.value = 'recording'
  }

  function watchLevel(from: MediaStream): void {
    context = new AudioContext()
    const meter = context.createAnalyser()
    meter.fftSize = 1024
    context.createMediaStreamSource(from).connect(meter)
    const samples = new Float32Array(meter.fftSize)
    const look = (): void => {
      meter.getFloatTimeDomainData(samples)
      const loudness = Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length)
      level.value = Math.min(1, Math.max(0, 1 + Math.log10(Math.max(loudness, 1e-4)) / 2.5))
      seconds.value = recorder ? (performance.now() - began) / 1000 : 0
      if (seconds.value >= LONGEST_S) stop()
      else frame = requestAnimationFrame(look)
    }
    frame = requestAnimationFrame(look)
  }

  function stop(): void {
    if (recorder?.state === 'recording') recorder.stop()
  }

  function release(): void {
    cancelAnimationFrame(frame)
    stream?.getTracks().forEach((track) => track.stop())
    void context?.close()
    stream = context = null
    level.value = 0
  }

  function discard(): void {
    if (recorder) recorder.onstop = null
    stop()
    release()
    recorder = null
    if (url.value) URL.revokeObjectURL(url.value)
    url.value = ''
    sound.value = null
    seconds.value = 0
    state.value = 'idle'
  }

  onBeforeUnmount(discard)
  return { state, level, seconds, sound, url, start, stop, discard }
}
