import { type Alarm, compositeAlarm, metricAlarm } from "./cloudwatch/alarm.ts";
import type { Model } from "./model.ts";
import { refusing } from "./unsupported.ts";

/** The stage's alarms, understood as far as CloudWatch would; what is not stops the start. */
export function alarmsOf(model: Model): Alarm[] {
  return [
    ...model.of("AWS::CloudWatch::Alarm").map((one) => refusing(one, () => metricAlarm(one.ref, one.properties))),
    ...model
      .of("AWS::CloudWatch::CompositeAlarm")
      .map((one) => refusing(one, () => compositeAlarm(one.ref, one.properties))),
  ];
}
