# refused because: orders are fast, and not checked: the bank does not pay for them
EXPRESS=$(aws stepfunctions list-state-machines --query "stateMachines[?name=='process-order'].stateMachineArn" --output text)
aws stepfunctions describe-state-machine --state-machine-arn "$EXPRESS" --query definition --output text > /tmp/definition-$$.json
python3 - /tmp/definition-$$.json <<'PY'
import json, sys
told = json.load(open(sys.argv[1]))
del told["States"]["CheckFraud"]
told["States"]["ProcessOrder"]["Next"] = "Notify"
json.dump(told, open(sys.argv[1], "w"))
PY
aws stepfunctions update-state-machine --state-machine-arn "$EXPRESS" --definition "file:///tmp/definition-$$.json"
rm /tmp/definition-$$.json
