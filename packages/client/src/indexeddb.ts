// An entry of its own, so that an app without IndexedDB does not load it.
export { IndexedDbStore } from './store/indexed-db-store.js'
