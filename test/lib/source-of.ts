/** The logical id of the resource that a template's value is made of, however it takes it apart. */
export function sourceOf(value: object): string | undefined {
  const [, byRef, byAttribute] = /"Ref":"(\w+)"|"Fn::GetAtt":\["(\w+)"/.exec(JSON.stringify(value)) ?? [];
  return byRef ?? byAttribute;
}
