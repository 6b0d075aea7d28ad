// The shape of this suite's cases.
import type { SuiteGroup } from '../suite-case.js'
import type { StorageScene } from './scene.js'
import type { StorageCapabilities } from './subject.js'

export type StorageGroup = SuiteGroup<StorageScene, keyof StorageCapabilities>
