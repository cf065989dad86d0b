using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RLSquared.Cli.Output;

namespace RLSquared.Cli.Serving;

/// <summary>What all servers of this machine do with a request: refuse it, read its body, answer it.</summary>
internal static class HttpCalls
{
    /// <summary>Refuses who is not on this machine.</summary>
    /// <exception cref="ServingException">The request names another host, or a page of another site asks.</exception>
    public static void Refuse(HttpRequest request)
    {
        if (!LoopbackServer.NamesThisMachine(request))
        {
            throw new ServingException(403,
                $"this server is for this machine alone; ask localhost, not '{request.Host.Host}'");
        }
        if (LoopbackServer.IsOfAnotherSite(request))
            throw new ServingException(403, "a web page of another site may not ask this server");
    }

    /// <summary>The body as JSON whose texts are all valid Unicode.</summary>
    /// <exception cref="ServingException">It is none, or is too large.</exception>
    public static async Task<JsonDocument> Body(HttpContext context, CancellationToken ends)
    {
        try
        {
            JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: ends);
            RequireUnicode(body.RootElement);
            return body;
        }
        catch (JsonException failure)
        {
            throw new ServingException(400, $"the body is no JSON: {failure.Message}");
        }
        catch (BadHttpRequestException failure)
        {
            throw failure.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new ServingException(413, $"the body is larger than {Most(context) >> 20} MiB")
                : new ServingException(failure.StatusCode, failure.Message);
        }
    }

    static long Most(HttpContext context) =>
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? 0;

    // Bytes that are no UTF-8, or half a letter as an escape, are found when a text is read.
    static void RequireUnicode(JsonElement json)
    {
        try
        {
            switch (json.ValueKind)
            {
                case JsonValueKind.String:
                    json.GetString();
                    break;
                case JsonValueKind.Array:
                    foreach (JsonElement item in json.EnumerateArray())
                        RequireUnicode(item);
                    break;
                case JsonValueKind.Object:
                    foreach (JsonProperty property in json.EnumerateObject())
                    {
                        _ = property.Name;
                        RequireUnicode(property.Value);
                    }
                    break;
            }
        }
        catch (InvalidOperationException)
        {
            throw new ServingException(400, "a text of the request is no valid Unicode");
        }
    }

    /// <summary>Answers with JSON.</summary>
    public static async Task Send(HttpContext context, Action<Utf8JsonWriter> content)
    {
        byte[] bytes = Json(content);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>JSON in UTF-8.</summary>
    public static byte[] Json(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JsonOutput.Readable.Encoder }))
            content(json);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Answers that it did not work, in the form that OpenAI's clients read. In the middle of a stream it is the last
    /// part.
    /// </summary>
    public static async Task Fail(HttpContext context, Exception failure)
    {
        (int status, string? field) = failure switch
        {
            ServingException known => (known.Status, known.Parameter),
            ArgumentException => (400, null),
            OperationCanceledException => (503, null),
            _ => (500, (string?)null),
        };
        byte[] body = Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("error");
            json.WriteString("message", failure.Message);
            json.WriteString("type", status < 500 ? "invalid_request_error" : "server_error");
            json.WriteString("param", field);
            json.WriteNull("code");
            json.WriteEndObject();
            json.WriteEndObject();
        });
        if (context.Response.HasStarted)
        {
            await context.Response.WriteAsync($"data: {Encoding.UTF8.GetString(body)}\n\n");
            return;
        }
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(body);
    }
}
