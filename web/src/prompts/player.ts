/** One voice for the whole page: sounds one after the other, a new one ends the old. Out: what is playing, for the button that shows it. */

import { onBeforeUnmount, readonly, ref } from 'vue'

const playing = ref('')
const failed = ref('')
let audio: HTMLAudioElement | null = null
let turn = 0

export function stopPlaying(): void {
  turn += 1
  audio?.pause()
  audio = null
  playing.value = ''
}

/** Plays `urls` in order under the name `what`; true when all was heard. */
export async function play(what: string, urls: readonly string[]): Promise<boolean> {
  stopPlaying()
  const mine = ++turn
  failed.value = ''
  playing.value = what
  for (const url of urls) {
    const heard = await once(url)
    if (mine !== turn) return false
    if (!heard) failed.value = what
  }
  if (mine === turn) playing.value = ''
  return mine === turn
}

function once(url: string): Promise<boolean> {
  const sound = new Audio(url)
  audio = sound
  return new Promise((resolve) => {
    sound.onended = () => resolve(true)
    sound.onerror = () => resolve(false)
    sound.onpause = () => resolve(sound.ended)
    sound.play().catch(() => resolve(false))
  })
}

export function usePlayer() {
  onBeforeUnmount(stopPlaying)
  return { playing: readonly(playing), failed: readonly(failed), play, stop: stopPlaying }
}
