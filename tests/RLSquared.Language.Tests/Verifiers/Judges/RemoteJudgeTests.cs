using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RLSquared.Language.Verifiers.Judges;

namespace RLSquared.Language.Tests.Verifiers.Judges;

/// <summary>A judge over HTTP, against a server on this machine that answers as each test wants.</summary>
public sealed class RemoteJudgeTests
{
    static readonly JudgeQuestion question = new(JudgedPart.Trace, "1+1=", "2", "2");

    static readonly RemoteJudgeOptions quick = new()
    {
        Timeout = Deadline.Far,
        FirstWait = TimeSpan.FromMilliseconds(1),
        Retries = 2,
    };

    static string Reply(string content, string usage = """{"prompt_tokens":100,"completion_tokens":20}""") =>
        $$$"""{"choices":[{"message":{"role":"assistant","content":"{{{content}}}"}}],"usage":{{{usage}}}}""";

    sealed class Server : IDisposable
    {
        readonly HttpListener listener = new();
        readonly List<(string Body, string? Key)> requests = [];

        public Server(Func<int, (int Status, string Body, int Milliseconds)> answer)
        {
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/v1";
            }
            listener.Prefixes.Add(Url + "/");
            listener.Start();
            _ = Task.Run(async () =>
            {
                for (int number = 0; listener.IsListening; number++)
                {
                    HttpListenerContext context = await listener.GetContextAsync();
                    using var reader = new StreamReader(context.Request.InputStream);
                    requests.Add((await reader.ReadToEndAsync(), context.Request.Headers["Authorization"]));
                    (int status, string body, int milliseconds) = answer(number);
                    await Task.Delay(milliseconds);
                    byte[] bytes = Encoding.UTF8.GetBytes(body);
                    try
                    {
                        context.Response.StatusCode = context.Request.RawUrl == "/v1/chat/completions" ? status : 404;
                        context.Response.OutputStream.Write(bytes);
                        context.Response.Close();
                    }
                    catch (Exception closed) when (closed is HttpListenerException or IOException)
                    {
                        // The judge has given up.
                    }
                }
            });
        }

        public string Url { get; }
        public List<(string Body, string? Key)> Requests => requests;
        public void Dispose() => listener.Close();
    }

    static async Task<IReadOnlyList<int?>> Ask(RemoteJudge judge, int count = 1) => await judge.Score(
        [.. Enumerable.Repeat(question, count)], TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_question_goes_out_as_a_chat_with_the_key_and_its_score_tokens_and_cost_come_back()
    {
        using var server = new Server(_ => (200, Reply("Fine.\\nScore: 4"), 0));
        using var judge = new RemoteJudge(server.Url, quick with
        {
            Key = "secret",
            Model = "large",
            QuestionPrice = 2,
            AnswerPrice = 10,
            LongestAnswer = 77,
        });
        Assert.Equal([4, 4], await Ask(judge, 2));
        Assert.Equal(new JudgeCounts(2, 0, 0, 0, 200, 40), judge.Counts);
        Assert.Equal((200 * 2 + 40 * 10) / 1e6, judge.Cost, 1e-12);
        Assert.Equal("Bearer secret", server.Requests[0].Key);
        JsonElement body = JsonElement.Parse(server.Requests[0].Body);
        Assert.Equal(("large", 0, 77), (body.GetProperty("model").GetString(),
            body.GetProperty("temperature").GetInt32(), body.GetProperty("max_tokens").GetInt32()));
        Assert.Equal([JudgePrompts.Instruction(JudgedPart.Trace), JudgePrompts.Question(question)],
            body.GetProperty("messages").EnumerateArray().Select(one => one.GetProperty("content").GetString()!));
    }

    [Fact]
    public async Task Haste_and_faults_are_tried_again_and_counted()
    {
        using var server = new Server(n => n switch
        {
            0 => (429, "", 0),
            1 => (503, "", 0),
            _ => (200, Reply("Score: 2"), 0),
        });
        using var judge = new RemoteJudge(server.Url, quick);
        Assert.Equal([2], await Ask(judge));
        Assert.Equal((1, 2, 0), (judge.Counts.Questions, judge.Counts.Retries, judge.Counts.Failures));
    }

    [Fact]
    public async Task An_answer_without_a_score_is_none_and_is_not_asked_again()
    {
        using var server = new Server(_ => (200, Reply("I cannot say."), 0));
        using var judge = new RemoteJudge(server.Url, quick);
        Assert.Equal([null], await Ask(judge));
        Assert.Equal((0, 0, 1), (judge.Counts.Retries, judge.Counts.Failures, judge.Counts.Unparsable));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_question_that_fails_has_no_score_while_others_have_theirs()
    {
        using var server = new Server(n => n == 0 ? (400, "", 0) : (200, Reply("Score: 5"), 0));
        using var judge = new RemoteJudge(server.Url, quick with { AtOnce = 1 });
        IReadOnlyList<int?> scores = await Ask(judge, 3);
        Assert.Equal(1, scores.Count(score => score is null));
        Assert.Equal(2, scores.Count(score => score == 5));
        Assert.Equal((0, 1), (judge.Counts.Retries, judge.Counts.Failures));
        Assert.Equal("it answered with status 400", judge.FirstFailure);
    }

    [Theory]
    [InlineData("<html>", "it is no valid JSON")]
    [InlineData("{}", "it lacks 'choices'")]
    [InlineData("""{"choices":[]}""", "has no choices")]
    [InlineData("""{"choices":[{"message":{"content":5}}]}""", "is not a text")]
    public async Task Nonsense_ends_in_one_sentence(string reply, string message)
    {
        using var server = new Server(_ => (200, reply, 0));
        using var judge = new RemoteJudge(server.Url, quick);
        string said = (await Assert.ThrowsAsync<IOException>(() => Ask(judge))).Message;
        Assert.StartsWith($"the judge at {server.Url}/chat/completions answered none of 1 questions: ", said);
        Assert.Contains(message, said);
    }

    [Fact]
    public async Task A_judge_that_takes_too_long_or_is_not_there_ends_in_one_sentence()
    {
        using (var server = new Server(_ => (200, Reply("Score: 5"), 20_000)))
        {
            using var judge = new RemoteJudge(
                server.Url, quick with { Timeout = TimeSpan.FromMilliseconds(50), Retries = 1 });
            Assert.EndsWith("answered none of 1 questions: it took longer than 0.05 s",
                (await Assert.ThrowsAsync<IOException>(() => Ask(judge))).Message);
            Assert.Equal((1, 1), (judge.Counts.Retries, judge.Counts.Failures));
        }
        using var gone = new RemoteJudge("http://127.0.0.1:1/v1", quick with { Retries = 0 });
        Assert.Contains("answered none of 2 questions: ",
            (await Assert.ThrowsAsync<IOException>(() => Ask(gone, 2))).Message);
    }

    [Fact]
    public async Task No_question_is_asked_once_the_most_is_spent()
    {
        using var server = new Server(_ => (200, Reply("Score: 5"), 0));
        using var judge = new RemoteJudge(server.Url, quick with { QuestionPrice = 1e4, MostCost = 1 });
        await Ask(judge);
        Assert.Equal($"the judge at {server.Url}/chat/completions has cost 1, and judge-most-cost allows 1",
            (await Assert.ThrowsAsync<IOException>(() => Ask(judge))).Message);
        Assert.Single(server.Requests);
    }
}
