/** Search in the knowledge base while somebody speaks: hits as one types, the article that is read. */

import { ref, shallowRef, watch } from 'vue'

import { get, withQuery } from '../shared/api'
import { problemWords } from '../shared/notify'

export interface KnowledgeHit {
  kind: 'article' | 'answer'
  id: number
  version: number | null
  title: string
  category: string
  snippet: string
  steps: string[]
  at: string
}

export interface Article {
  id: number
  version: number
  title: string
  category: string
  keywords: string[]
  body_html: string
  at: string
  expires_on: string | null
  current: boolean
}

const TYPING_MS = 150

/** An article that somebody points to, as a hit of the search would. `version` null: the current one. */
const pointed = (id: number, version: number | null): KnowledgeHit => ({ kind: 'article', id, version, title: '', category: '', snippet: '', steps: [], at: '' })

/** An article as it was published under this number. */
export const readVersion = (article: number, version: number): Promise<Article> => get<Article>(withQuery(`/api/knowledge/articles/${article}`, { version }))

export function useKnowledge() {
  const words = ref('')
  const category = ref<number | null>(null)
  const hits = ref<KnowledgeHit[] | null>(null)
  const chosen = shallowRef<KnowledgeHit | null>(null)
  const article = ref<Article | null>(null)
  const answer = ref('')
  const failure = ref('')
  const earlier = new WeakSet<KnowledgeHit>()
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function look(): Promise<void> {
    const mine = ++asked
    failure.value = ''
    try {
      const found = await get<{ items: KnowledgeHit[] }>(withQuery('/api/knowledge/search', { q: words.value.trim(), category_id: category.value, limit: 30 }))
      if (mine === asked) hits.value = found.items
    } catch (wrong) {
      if (mine === asked) failure.value = problemWords(wrong)
    }
  }

  async function open(hit: KnowledgeHit): Promise<void> {
    chosen.value = hit
    failure.value = ''
    article.value = null
    answer.value = hit.snippet
    try {
      if (hit.kind === 'answer') {
        const whole = await get<{ answer: string }>(`/api/standard-answers/${hit.id}`)
        if (chosen.value === hit) answer.value = whole.answer
      } else {
        const read = await (earlier.has(hit) ? readVersion(hit.id, hit.version ?? 1) : get<Article>(`/api/knowledge/articles/${hit.id}`))
        if (chosen.value === hit) article.value = read
      }
    } catch (wrong) {
      failure.value = problemWords(wrong)
    }
  }

  /** The article `id` as it was in `version`, or as it is. */
  async function openAt(id: number, version: number | null): Promise<void> {
    const hit = pointed(id, version)
    if (version !== null) earlier.add(hit)
    await open(hit)
  }

  watch(words, () => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), TYPING_MS)
  })
  watch(category, () => void look())
  return { words, category, hits, chosen, article, answer, failure, look, open, openAt }
}
