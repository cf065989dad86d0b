using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;
using static RLSquared.Cli.Serving.HttpCalls;

namespace RLSquared.Cli.Serving;

/// <summary>
/// The reward server of LongTraceRL: <c>POST /evaluate</c> (<see cref="EvaluateCall"/>) and <c>GET /health</c>, for
/// trainings on this machine.
/// </summary>
internal sealed class RewardServer : IDisposable
{
    const int MostConnections = 256;
    const long MostBytes = 16 << 20;

    static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    readonly IJudge? judge;
    readonly TimeSpan limit;
    readonly LoopbackServer host;
    long answered;

    /// <summary>Begins to serve.</summary>
    /// <param name="judge">Who says what is right; null for the rule. It is shared, not owned.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <param name="limit">The most time of one request.</param>
    /// <exception cref="IOException">The port is in use or not allowed.</exception>
    public RewardServer(IJudge? judge, int port, TimeSpan limit)
    {
        (this.judge, this.limit) = (judge, limit);
        host = LoopbackServer.Start(port, MostConnections, MostBytes, patience, user: "", Answer);
    }

    /// <summary>Where it is asked, such as <c>http://127.0.0.1:7248/evaluate</c>.</summary>
    public Uri Address => new(host.Address, "evaluate");

    /// <inheritdoc/>
    public void Dispose() => host.Dispose();

    void WriteHealth(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("status", "ok");
        json.WriteNumber("answered", Interlocked.Read(ref answered));
        json.WriteEndObject();
    }

    async Task Answer(HttpContext context)
    {
        try
        {
            Refuse(context.Request);
            switch (context.Request.Method, context.Request.Path.Value)
            {
                case ("POST", "/evaluate"): await Evaluate(context); break;
                case ("GET", "/health"): await Send(context, WriteHealth); break;
                default:
                    throw new ServingException(404, $"there is nothing at {context.Request.Method} " +
                        $"{context.Request.Path.Value}; there are POST /evaluate and GET /health");
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
        catch (Exception failure)
        {
            await Fail(context, failure switch
            {
                InvalidDataException => new ServingException(400, failure.Message),
                OperationCanceledException => new ServingException(504, "the judge took too long"),
                IOException => new ServingException(502, failure.Message),
                _ => failure,
            });
        }
    }

    async Task Evaluate(HttpContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        ends.CancelAfter(limit);
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, ends.Token);
        }
        catch (BadHttpRequestException failure)
        {
            throw new ServingException(failure.StatusCode, failure.Message);
        }
        EvaluateReply reply = await EvaluateCall.Answer(body.ToArray(), judge, ends.Token);
        Interlocked.Increment(ref answered);
        await Send(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("outcome_reward", reply.Outcome);
            json.WriteNumber("rubric_reward", reply.Rubric);
            json.WriteNumber("reward", reply.Reward);
            json.WriteEndObject();
        });
    }
}
