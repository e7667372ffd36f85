export { countConstructions, measureRequests, oneCall } from './requests.ts'
export { leaveSession, measureStart } from './start.ts'
export { measurePeak, measureStorm, measureWaiting, refreshingNames } from './storm.ts'
export { askAt, closeTab, openTab, refuseAll } from './tab.ts'
