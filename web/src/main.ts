import 'element-plus/dist/index.css'
import './theme.css'

import { createApp } from 'vue'

import App from './App.vue'
import { i18n, language } from './shared/i18n'
import { router } from './router'

document.documentElement.lang = language()
createApp(App).use(i18n).use(router).mount('#app')
