package generic

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// How long these services take, believed.
const (
	tableCreate = 15 * time.Second
	cacheCreate = 6 * time.Minute
)

// dataKinds are tables and caches beside a service: records without a server behind them. Forms of ids and endpoints are
// those of each type's "Return values" in the template reference, and of the user guide of ElastiCache.
func dataKinds() map[string]kind {
	return map[string]kind{
		"AWS::DynamoDB::Table":               {identify: identifyTable, create: tableCreate},
		"AWS::DynamoDB::GlobalTable":         {identify: identifyTable, create: tableCreate},
		"AWS::ElastiCache::CacheCluster":     {identify: identifyCacheCluster, create: cacheCreate},
		"AWS::ElastiCache::ParameterGroup":   {identify: namedCache("CacheParameterGroupName")},
		"AWS::ElastiCache::ServerlessCache":  {identify: identifyServerlessCache, create: cacheCreate},
		"AWS::ElastiCache::ReplicationGroup": {identify: identifyReplicationGroup, create: cacheCreate},
		"AWS::ElastiCache::SubnetGroup": {
			identify: namedCache("CacheSubnetGroupName"),
			blocked:  "Cache subnet group %s is currently in use by a cache cluster.",
			blockers: map[string]string{
				"AWS::ElastiCache::CacheCluster": "CacheSubnetGroupName", "AWS::ElastiCache::ReplicationGroup": "CacheSubnetGroupName",
			},
		},
	}
}

// identifyTable names a table. Its stream is there if the template asks for one.
func identifyTable(r resource.Request) (string, map[string]any) {
	named := text(r.Properties["TableName"])
	if named == "" {
		named = name(r, usualNameLength)
	}
	arn := arnOf(r, "dynamodb", "table/"+named)
	made := map[string]any{"Arn": arn, "StreamArn": ""}
	if r.Properties["StreamSpecification"] != nil {
		made["StreamArn"] = arn + "/stream/" + time.Now().UTC().Format("2006-01-02T15:04:05.000")
	}
	if r.Type == "AWS::DynamoDB::GlobalTable" {
		made["TableId"] = uuid.NewString()
	}
	return named, made
}

// namedCache names what ElastiCache has, in small letters, by a property.
func namedCache(property string) func(resource.Request) (string, map[string]any) {
	return func(r resource.Request) (string, map[string]any) {
		named := strings.ToLower(text(r.Properties[property]))
		if named == "" {
			named = strings.ToLower(name(r, usualNameLength))
		}
		return named, map[string]any{property: named}
	}
}

// cacheHost is the end of the addresses of a region's caches: a code of the account, the middle and the region's short name.
func cacheHost(r resource.Request, middle string) string {
	const letters = 6
	short := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c", "-", "").Replace(r.Region)
	return random(strings.ToLower(alphabet), letters) + "." + middle + short + ".cache.amazonaws.com"
}

const (
	redisPort     = "6379"
	memcachedPort = "11211"
)

func portOf(r resource.Request, usual string) string {
	if given := text(r.Properties["Port"]); given != "" {
		return given
	}
	return usual
}

func identifyCacheCluster(r resource.Request) (string, map[string]any) {
	const longest = 40
	id := strings.ToLower(text(r.Properties["ClusterName"]))
	if id == "" {
		id = strings.ToLower(name(r, longest))
	}
	if r.Properties["Engine"] == "memcached" {
		return id, map[string]any{
			"ConfigurationEndpoint.Address": id + "." + cacheHost(r, "cfg."), "ConfigurationEndpoint.Port": portOf(r, memcachedPort),
		}
	}
	return id, map[string]any{
		"RedisEndpoint.Address": id + "." + cacheHost(r, "0001."), "RedisEndpoint.Port": portOf(r, redisPort),
	}
}

func identifyReplicationGroup(r resource.Request) (string, map[string]any) {
	const longest = 40
	id := strings.ToLower(text(r.Properties["ReplicationGroupId"]))
	if id == "" {
		id = strings.ToLower(name(r, longest))
	}
	port, host := portOf(r, redisPort), cacheHost(r, "")
	primary, readers, sharded := id+"."+host, id+"-ro."+host, "clustercfg."+id+"."+host
	if r.Properties["TransitEncryptionEnabled"] == true {
		primary, readers = "master."+id+"."+host, "replica."+id+"."+host
	}
	return id, map[string]any{
		"ReplicationGroupId":      id,
		"PrimaryEndPoint.Address": primary, "PrimaryEndPoint.Port": port,
		"ReaderEndPoint.Address": readers, "ReaderEndPoint.Port": port,
		"ConfigurationEndPoint.Address": sharded, "ConfigurationEndPoint.Port": port,
		"ReadEndPoint.Addresses": "[" + readers + "]", "ReadEndPoint.AddressesList": []any{readers},
		"ReadEndPoint.Ports": "[" + port + "]", "ReadEndPoint.PortsList": []any{port},
	}
}

func identifyServerlessCache(r resource.Request) (string, map[string]any) {
	const readersPort = "6380"
	named, _ := namedCache("ServerlessCacheName")(r)
	host := named + "-" + cacheHost(r, "serverless.")
	return named, map[string]any{
		"ARN": arnOf(r, "elasticache", "serverlesscache:"+named), "Status": "available",
		"FullEngineVersion": text(r.Properties["MajorEngineVersion"]),
		"CreateTime":        time.Now().UTC().Format(time.RFC3339),
		"Endpoint.Address":  host, "Endpoint.Port": redisPort, "ReaderEndpoint.Address": host, "ReaderEndpoint.Port": readersPort,
	}
}
