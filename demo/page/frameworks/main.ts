import { part } from '../configuration.ts'
import { mountReactApp } from './react-app.tsx'
import { mountVueApp } from './vue-app.ts'

mountReactApp(part('react-app'))
mountVueApp(part('vue-app'))
