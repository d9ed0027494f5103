/** What the shell links: the list of flows, the designer, the prompts. */

import type { RouteRecordRaw } from 'vue-router'

/** For the shell's children; navigation: `/flows`, word `flow.all`, right `flow.read`. */
export const flowRoutes: RouteRecordRaw[] = [
  { path: 'flows', component: () => import('./FlowsPage.vue'), meta: { rights: ['flow.read'], title: 'flow.all' } },
  { path: 'flows/:name', component: () => import('./FlowPage.vue'), props: true, meta: { rights: ['flow.read'], title: 'flow.all' } },
  { path: 'prompts', component: () => import('../prompts/PromptsPage.vue'), meta: { rights: ['prompt.read'], title: 'prompt.title' } },
]
