"""The services that have a service-linked role: its name, its policy, and whether it takes a suffix.

From the services' own pages, listed in the IAM User Guide, AWS services that work with IAM
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html).
Naming a service here only says that AWS has such a role: it can be made if its policy is held too
(`aws_managed.py`).
"""

from __future__ import annotations

from typing import NamedTuple


class LinkedService(NamedTuple):
    """What a service has predefined."""

    role: str
    policy: str
    takes_suffix: bool = False


_SCALING = "AWSServiceRoleForApplicationAutoScaling_"

LINKED_SERVICES: dict[str, LinkedService] = {
    f"{service}.amazonaws.com": LinkedService(role, policy, service == "autoscaling")
    for service, role, policy in (
        ("access-analyzer", "AWSServiceRoleForAccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
        ("apprunner", "AWSServiceRoleForAppRunner", "AppRunnerServiceRolePolicy"),
        ("appsync", "AWSServiceRoleForAppSync", "AWSAppSyncServiceRolePolicy"),
        ("appmesh", "AWSServiceRoleForAppMesh", "AWSAppMeshServiceRolePolicy"),
        ("autoscaling", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"),
        ("backup", "AWSServiceRoleForBackup", "AWSBackupServiceLinkedRolePolicyForBackup"),
        ("batch", "AWSServiceRoleForBatch", "BatchServiceRolePolicy"),
        ("cloudtrail", "AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy"),
        ("config", "AWSServiceRoleForConfig", "AWSConfigServiceRolePolicy"),
        ("config-conforms", "AWSServiceRoleForConfigConforms", "ConfigConformsServiceRolePolicy"),
        ("dax", "AWSServiceRoleForDAX", "DAXServiceRolePolicy"),
        ("ec2fastlaunch", "AWSServiceRoleForEC2FastLaunch", "EC2FastLaunchServiceRolePolicy"),
        ("ec2fleet", "AWSServiceRoleForEC2Fleet", "AWSEC2FleetServiceRolePolicy"),
        ("ecs", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"),
        ("eks", "AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy"),
        ("eks-fargate", "AWSServiceRoleForAmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy"),
        ("eks-nodegroup", "AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"),
        ("elasticache", "AWSServiceRoleForElastiCache", "ElastiCacheServiceRolePolicy"),
        ("elasticbeanstalk", "AWSServiceRoleForElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"),
        ("elasticfilesystem", "AWSServiceRoleForAmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"),
        ("elasticloadbalancing", "AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
        ("events", "AWSServiceRoleForCloudWatchEvents", "CloudWatchEventsServiceRolePolicy"),
        (
            "apidestinations.events",
            "AWSServiceRoleForAmazonEventBridgeApiDestinations",
            "AmazonEventBridgeApiDestinationsServiceRolePolicy",
        ),
        ("fis", "AWSServiceRoleForFIS", "AmazonFISServiceRolePolicy"),
        ("fms", "AWSServiceRoleForFMS", "FMSServiceRolePolicy"),
        ("globalaccelerator", "AWSServiceRoleForGlobalAccelerator", "AWSGlobalAcceleratorSLRPolicy"),
        ("guardduty", "AWSServiceRoleForAmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"),
        ("inspector2", "AWSServiceRoleForAmazonInspector2", "AmazonInspector2ServiceRolePolicy"),
        ("kafka", "AWSServiceRoleForKafka", "KafkaServiceRolePolicy"),
        ("kafkaconnect", "AWSServiceRoleForKafkaConnect", "KafkaConnectServiceRolePolicy"),
        ("macie", "AWSServiceRoleForAmazonMacie", "AmazonMacieServiceRolePolicy"),
        ("memorydb", "AWSServiceRoleForMemoryDB", "MemoryDBServiceRolePolicy"),
        ("mq", "AWSServiceRoleForAmazonMQ", "AmazonMQServiceRolePolicy"),
        ("network-firewall", "AWSServiceRoleForNetworkFirewall", "AWSNetworkFirewallServiceRolePolicy"),
        ("opensearchservice", "AWSServiceRoleForAmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"),
        ("ops.apigateway", "AWSServiceRoleForAPIGateway", "APIGatewayServiceRolePolicy"),
        ("organizations", "AWSServiceRoleForOrganizations", "AWSOrganizationsServiceTrustPolicy"),
        ("ram", "AWSServiceRoleForResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy"),
        ("rds", "AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"),
        ("redshift", "AWSServiceRoleForRedshift", "AmazonRedshiftServiceLinkedRolePolicy"),
        (
            "kinesisreplication.dynamodb",
            "AWSServiceRoleForDynamoDBKinesisDataStreamsReplication",
            "DynamoDBKinesisReplicationServiceRolePolicy",
        ),
        ("replication.dynamodb", "AWSServiceRoleForDynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"),
        ("replication.ecr", "AWSServiceRoleForECRReplication", "ECRReplicationServiceRolePolicy"),
        ("securityhub", "AWSServiceRoleForSecurityHub", "AWSSecurityHubServiceRolePolicy"),
        ("servicequotas", "AWSServiceRoleForServiceQuotas", "ServiceQuotasServiceRolePolicy"),
        ("spot", "AWSServiceRoleForEC2Spot", "AWSEC2SpotServiceRolePolicy"),
        ("spotfleet", "AWSServiceRoleForEC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy"),
        ("ssm", "AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy"),
        ("sso", "AWSServiceRoleForSSO", "AWSSSOServiceRolePolicy"),
        ("support", "AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy"),
        ("transitgateway", "AWSServiceRoleForVPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy"),
        ("trustedadvisor", "AWSServiceRoleForTrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy"),
        ("wafv2", "AWSServiceRoleForWAFV2Logging", "WAFV2LoggingServiceRolePolicy"),
        (
            "dynamodb.application-autoscaling",
            _SCALING + "DynamoDBTable",
            "AWSApplicationAutoscalingDynamoDBTablePolicy",
        ),
        ("ecs.application-autoscaling", _SCALING + "ECSService", "AWSApplicationAutoscalingECSServicePolicy"),
        (
            "lambda.application-autoscaling",
            _SCALING + "LambdaConcurrency",
            "AWSApplicationAutoscalingLambdaConcurrencyPolicy",
        ),
        ("rds.application-autoscaling", _SCALING + "RDSCluster", "AWSApplicationAutoscalingRDSClusterPolicy"),
        (
            "ec2.application-autoscaling",
            _SCALING + "EC2SpotFleetRequest",
            "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy",
        ),
    )
}
