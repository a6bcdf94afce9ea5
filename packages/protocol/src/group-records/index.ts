export {
  type ClassicGroupRecord,
  type ConsumerGroupRecord,
  type ConsumerMemberRecord,
  type CurrentAssignmentRecord,
  decodeGroupRecord,
  encodeGroupRecord,
  type GroupRecord,
  type OffsetRecord,
  type RegexRecord,
  type TargetAssignmentRecord,
  type TargetMemberRecord
} from './group-record.ts'
export type {
  ClassicGroupValue,
  ConsumerGroupValue,
  ConsumerMemberValue,
  CurrentAssignmentValue,
  OffsetValue,
  RegexValue,
  TargetAssignmentValue,
  TargetMemberValue
} from './tables.ts'
