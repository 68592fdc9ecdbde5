using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Butler.Sandbox.Push;

/// <summary>One notification on its way (google/pubsub/v1/pubsub.proto, PubsubMessage).</summary>
internal sealed class PubSubMessage(ulong number, string address, ulong historyId, DateTimeOffset at)
{
    public string Id { get; } = number.ToString(CultureInfo.InvariantCulture);

    public ulong Number => number;

    public string Address => address;

    public DateTimeOffset PublishedAt => at;

    public int Attempts { get; set; }

    /// <summary>Hidden until then, because somebody has pulled it.</summary>
    public DateTimeOffset HiddenUntil { get; set; }

    public string AckId { get; set; } = "";

    /// <summary>The message as both push and pull show it. Clients have seen historyId as a number and as a string: both come.</summary>
    public JsonObject Json()
    {
        JsonNode history = number % 2 == 0 ? JsonValue.Create(historyId) : JsonValue.Create(historyId.ToString(CultureInfo.InvariantCulture));
        var data = new JsonObject { ["emailAddress"] = address, ["historyId"] = history }.ToJsonString();
        var time = at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(data)),
            ["messageId"] = Id,
            ["message_id"] = Id,
            ["publishTime"] = time,
            ["publish_time"] = time,
        };
    }
}
