export { type WebPushOptions, webPush } from './web-push/web-push.js'
