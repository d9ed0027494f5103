/** What other screens link: the calendar's route, the booking dialog, a patient's appointments. */

import type { RouteRecordRaw } from 'vue-router'

export { default as AppointmentList } from './AppointmentList.vue'
export { default as BookingDialog } from './BookingDialog.vue'
export type { Appointment } from './types'

/** For the shell's children; navigation: `/booking`, word `booking.title`, right `clinic_session.read`. */
export const bookingRoutes: RouteRecordRaw[] = [
  { path: 'booking', component: () => import('./RosterPage.vue'), meta: { rights: ['clinic_session.read'], title: 'booking.title' } },
]
