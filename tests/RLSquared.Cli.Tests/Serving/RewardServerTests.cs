using System.Net;
using System.Text;
using System.Text.Json;
using RLSquared.Cli.Serving;
using RLSquared.Language.Verifiers.Judges;

namespace RLSquared.Cli.Tests.Serving;

public sealed class RewardServerTests
{
    const string Request = """
        {"label": "Bern", "response": "Ada lives in Bern",
         "extra_reward_info": {"question": "where?", "rubrics": ["Ada", "Como"], "rubric_reward_ratio": 0.3}}
        """;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static async Task<(HttpStatusCode Status, JsonElement Answer)> Post(RewardServer server, string body)
    {
        using var client = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        HttpResponseMessage answer = await client.PostAsync(server.Address, content, Token);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement);
    }

    [Fact]
    public async Task An_answer_is_paid_as_LongTraceRL_pays()
    {
        using var server = new RewardServer(null, port: 0, TimeSpan.FromSeconds(10));
        (HttpStatusCode status, JsonElement answer) = await Post(server, Request);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((1, 0.5), (answer.GetProperty("outcome_reward").GetDouble(),
            answer.GetProperty("rubric_reward").GetDouble()));
        Assert.Equal(0.85, answer.GetProperty("reward").GetDouble(), 1e-6);
        using var client = new HttpClient { BaseAddress = server.Address };
        Assert.Equal("""{"status":"ok","answered":1}""", await client.GetStringAsync("/health", Token));
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.BadRequest, "the request cannot be read: it lacks 'extra_reward_info'")]
    [InlineData("nonsense", HttpStatusCode.BadRequest, "the request cannot be read: it is no valid JSON")]
    public async Task A_wrong_request_is_refused_in_one_sentence(string body, HttpStatusCode wanted, string message)
    {
        using var server = new RewardServer(null, port: 0, TimeSpan.FromSeconds(10));
        (HttpStatusCode status, JsonElement answer) = await Post(server, body);
        Assert.Equal(wanted, status);
        Assert.StartsWith(message, answer.GetProperty("error").GetProperty("message").GetString());
    }

    sealed class Slow : IJudge
    {
        public async Task<IReadOnlyList<int?>> Score(
            IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return [];
        }
    }

    [Fact]
    public async Task A_judge_that_takes_too_long_is_not_a_reward_of_zero()
    {
        using var server = new RewardServer(new Slow(), port: 0, TimeSpan.FromSeconds(0.2));
        (HttpStatusCode status, JsonElement answer) = await Post(server, Request);
        Assert.Equal(HttpStatusCode.GatewayTimeout, status);
        Assert.Equal("the judge took too long", answer.GetProperty("error").GetProperty("message").GetString());
    }
}
