/** Pages and the right each one needs; without a session every page but the public ones leads to the login. */

import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'

import { bookingRoutes } from './booking'
import { flowRoutes } from './designers'
import { forgetMeta } from './admin/meta'
import { dropDrafts } from './admin/drafts'
import { forget, restore, useSession } from './shared/session'
import { stopLive } from './shared/live'
import { leaveAfterTalk, stopPhone } from './shared/softphone'
import { addTransferActs, transferRoutes } from './transfer'
import { whenSignedOut } from './shared/api'
import type { Right } from './shared/types'

declare module 'vue-router' {
  interface RouteMeta {
    open?: boolean
    rights?: Right[]
    title?: string
  }
}

addTransferActs()

/** The only page of a session that still lacks the second step. */
const SECOND_STEP = '/second-step'
const drawn = () => import('./admin/DrawnPage.vue')

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', component: () => import('./login/LoginPage.vue'), meta: { open: true, title: 'login.title' } },
    { path: '/try', component: () => import('./try/TryPage.vue'), meta: { open: true, title: 'try.title' } },
    { path: SECOND_STEP, component: () => import('./account/AccountPage.vue'), meta: { title: 'account.factor.title' } },
    { path: '/wall', component: () => import('./board/WallPage.vue'), meta: { rights: ['board.read'], title: 'nav.wall' } },
    {
      path: '/',
      component: () => import('./shell/AppShell.vue'),
      children: [
        { path: '', component: () => import('./shell/NoPage.vue') },
        { path: 'desk', component: () => import('./desk/DeskPage.vue'), meta: { rights: ['desk.use'], title: 'nav.desk' } },
        { path: 'board', component: () => import('./board/BoardPage.vue'), meta: { rights: ['board.read'], title: 'nav.board' } },
        { path: 'calls', component: () => import('./calls/CallsPage.vue'), meta: { rights: ['call_record.read', 'call_record.read_own'], title: 'nav.calls' } },
        {
          path: 'calls/:id',
          component: () => import('./calls/CallPage.vue'),
          props: true,
          meta: { rights: ['call_record.read', 'call_record.read_own'], title: 'nav.calls' },
        },
        { path: 'messages', component: () => import('./messages/MessagesPage.vue'), meta: { rights: ['message.read'], title: 'nav.messages' } },
        { path: 'patients', component: drawn, props: { path: 'patients', view: 'list' }, meta: { rights: ['patient.read'], title: 'nav.patients' } },
        { path: 'patients/new', component: drawn, props: { path: 'patients', view: 'form' }, meta: { rights: ['patient.add'], title: 'nav.patients' } },
        { path: 'patients/:id', component: () => import('./patients/PatientPage.vue'), props: true, meta: { rights: ['patient.read'], title: 'nav.patients' } },
        { path: 'patients/:id/edit', component: drawn, props: ({ params }) => ({ path: 'patients', view: 'form', id: params.id }), meta: { rights: ['patient.change'], title: 'nav.patients' } },
        { path: 'account', component: () => import('./account/AccountPage.vue'), meta: { title: 'account.title' } },
        ...bookingRoutes,
        ...transferRoutes,
        ...flowRoutes,
        { path: 'knowledge', component: () => import('./knowledge/KnowledgePage.vue'), meta: { rights: ['knowledge_version.read'], title: 'nav.knowledge' } },
        { path: 'conduct', component: () => import('./conduct/ConductPage.vue'), meta: { rights: ['conduct_report.read'], title: 'conduct.nav' } },
        { path: 'admin', component: () => import('./admin/AdminHome.vue'), meta: { title: 'nav.admin' } },
        { path: 'admin/audit', component: () => import('./admin/AuditPage.vue'), meta: { rights: ['audit.read'], title: 'audit.whole' } },
        { path: 'admin/api-tokens', component: () => import('./admin/TokensPage.vue'), meta: { rights: ['api_token.read'], title: 'tokens.all' } },
        { path: 'admin/:path', component: drawn, props: ({ params }) => ({ path: params.path, view: 'list' }), meta: { title: 'nav.admin' } },
        { path: 'admin/:path/new', component: drawn, props: ({ params }) => ({ path: params.path, view: 'form' }), meta: { title: 'nav.admin' } },
        { path: 'admin/:path/:id', component: drawn, props: ({ params }) => ({ path: params.path, view: 'detail', id: params.id }), meta: { title: 'nav.admin' } },
        { path: 'admin/:path/:id/edit', component: drawn, props: ({ params }) => ({ path: params.path, view: 'form', id: params.id }), meta: { title: 'nav.admin' } },
        { path: ':rest(.*)*', component: () => import('./shell/NoPage.vue'), meta: { title: 'nav.nothing_here' } },
      ],
    },
  ],
})

/** Where this person's work is; known only once the session is. */
function home(): string {
  const { session, may } = useSession()
  const roles = session.value?.user.roles ?? []
  if (roles.includes('admin')) return '/admin'
  if (may('board.read') && roles.includes('supervisor')) return '/board'
  if (may('desk.use')) return '/desk'
  if (may('conduct_report.read')) return '/conduct'
  return may('board.read') ? '/board' : may('call_record.read', 'call_record.read_own') ? '/calls' : '/admin'
}

function toLogin(to: RouteLocationNormalized) {
  return { path: '/login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
}

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  const session = await restore().catch(() => null)
  if (session === null) return toLogin(to)
  if (session.second_factor_due) return to.path === SECOND_STEP ? true : SECOND_STEP
  if (to.path === '/') return home()
  const { may } = useSession()
  return to.meta.rights === undefined || may(...to.meta.rights) ? true : '/'
})

function leavePages(): void {
  stopPhone()
  stopLive()
  forget()
  forgetMeta()
  dropDrafts()
  const here = router.currentRoute.value
  if (!here.meta.open) void router.push({ ...toLogin(here), query: { ...toLogin(here).query, ended: '1' } })
}

/** A patient who talks is not cut off: the pages are left when the talk is over. */
whenSignedOut(() => leaveAfterTalk(leavePages))
