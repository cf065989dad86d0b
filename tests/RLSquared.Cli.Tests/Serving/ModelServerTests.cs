using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RLSquared.Cli.Serving;
using RLSquared.Language.Generation;

namespace RLSquared.Cli.Tests.Serving;

public sealed class ModelServerTests : IDisposable
{
    readonly ServedModel model = SmallModel.Open();
    readonly ModelServer server;
    readonly HttpClient client;

    public ModelServerTests()
    {
        server = Start(model);
        client = new HttpClient { BaseAddress = new Uri(server.Address, "/"), Timeout = TimeSpan.FromSeconds(60) };
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
        model.Dispose();
    }

    static ModelServer Start(ServedModel model, double seconds = 60) => ModelServer.Start(
        model, new Generator(model.Model, null, model.Tokenizer), port: 0, TimeSpan.FromSeconds(seconds));

    [Fact]
    public async Task A_completion_is_that_of_the_generator_with_the_same_seed()
    {
        JsonElement answer = await Post("/v1/completions", new
        {
            model = model.Name,
            prompt = "hello",
            max_tokens = 20,
            seed = 7,
            logprobs = 1,
            return_token_ids = true,
        });
        GeneratedSequence own = Generate("hello", new() { MaximumTokens = 20 }, seed: 7);
        JsonElement choice = answer.GetProperty("choices")[0];
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.Equal(own.Text, choice.GetProperty("text").GetString());
        Assert.Equal(own.Tokens, Whole(choice.GetProperty("token_ids")));
        Assert.Equal(own.Prompt, Whole(choice.GetProperty("prompt_token_ids")));
        JsonElement logProbabilities = choice.GetProperty("logprobs");
        Assert.Equal(own.LogProbabilities,
            logProbabilities.GetProperty("token_logprobs").EnumerateArray().Select(one => one.GetSingle()));
        Assert.Equal(own.Ending == EndReason.StopToken ? "stop" : "length",
            choice.GetProperty("finish_reason").GetString());
        Assert.Equal((5, own.Tokens.Count, 5 + own.Tokens.Count), Usage(answer));
        // Where each token begins in the text.
        int[] offsets = Whole(logProbabilities.GetProperty("text_offset"));
        Assert.All(Enumerable.Range(0, own.Text.Length), i => Assert.Equal(i, offsets[i]));
    }

    [Theory]
    [InlineData("""  "prompt": "hello", "max_tokens": 40, "seed": 3, "n": 2  """, "text")]
    [InlineData("""  "prompt": "hello", "max_tokens": 40, "seed": 3, "stop": ["e", "zz"]  """, "text")]
    [InlineData("""  "prompt": "ab", "max_tokens": 9, "seed": 1, "echo": true  """, "text")]
    [InlineData("""  "messages": [{"role": "user", "content": "hi"}], "max_tokens": 30, "seed": 5  """, "chat")]
    public async Task The_parts_of_a_stream_are_the_whole_answer(string fields, string kind)
    {
        string path = kind == "chat" ? "/v1/chat/completions" : "/v1/completions";
        JsonElement whole = await Post(path, $"{{{fields}}}");
        string[] lines = (await Text(await Send(path,
            $$"""{ {{fields}}, "stream": true, "stream_options": {"include_usage": true} }""")))
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("data: ", line));
        Assert.Equal("data: [DONE]", lines[^1]);
        JsonElement[] parts = [.. lines[..^1].Select(line => JsonDocument.Parse(line["data: ".Length..]).RootElement)];
        Assert.Single(parts, part => part.GetProperty("choices").GetArrayLength() == 0);
        Assert.Equal(Usage(whole), Usage(parts[^1]));
        JsonElement[] choices = [.. whole.GetProperty("choices").EnumerateArray()];
        for (int i = 0; i < choices.Length; i++)
        {
            JsonElement[] own = [.. from part in parts
                                    from choice in part.GetProperty("choices").EnumerateArray()
                                    where choice.GetProperty("index").GetInt32() == i
                                    select choice];
            string text = string.Concat(own.Select(part => kind != "chat" ? part.GetProperty("text").GetString()
                : part.GetProperty("delta").TryGetProperty("content", out JsonElement content)
                    ? content.GetString() : ""));
            Assert.Equal(TextOf(choices[i], kind), text);
            Assert.Equal(choices[i].GetProperty("finish_reason").GetString(),
                Assert.Single(own, part => part.GetProperty("finish_reason").ValueKind != JsonValueKind.Null)
                    .GetProperty("finish_reason").GetString());
        }
    }

    [Fact]
    public async Task Choices_come_in_the_order_of_prompts_each_with_the_next_seed()
    {
        JsonElement answer = await Post("/v1/completions",
            """{"prompt": ["ab", "cd"], "n": 2, "max_tokens": 12, "seed": 40}""");
        string?[] texts = Texts(answer);
        var twelve = new SamplingOptions { MaximumTokens = 12 };
        Assert.Equal(
            [
                Generate("ab", twelve, 40).Text, Generate("ab", twelve, 41).Text,
                Generate("cd", twelve, 42).Text, Generate("cd", twelve, 43).Text,
            ], texts);
        JsonElement byIds = await Post("/v1/completions",
            """{"prompt": [[1, 2], [3, 4]], "n": 2, "max_tokens": 12, "seed": 40}""");
        Assert.Equal(texts, Texts(byIds));
    }

    [Fact]
    public async Task A_conversation_is_written_by_the_chat_template()
    {
        JsonElement answer = await Post("/v1/chat/completions", """
            {"messages": [{"role": "system", "content": "be brief"},
                {"role": "user", "content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]}],
             "max_tokens": 6, "temperature": 0, "logprobs": true}
            """);
        GeneratedSequence own = Generate("s: be brief|u: hi|a: ", new() { MaximumTokens = 6, Temperature = 0 }, 0);
        JsonElement choice = answer.GetProperty("choices")[0];
        Assert.Equal(own.Text, choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.Equal(own.LogProbabilities, choice.GetProperty("logprobs").GetProperty("content").EnumerateArray()
            .Select(one => one.GetProperty("logprob").GetSingle()));
    }

    [Fact]
    public async Task A_model_without_a_chat_template_says_what_to_ask_instead()
    {
        using ServedModel plain = SmallModel.Open(chats: false);
        using ModelServer other = Start(plain);
        using var asking = new HttpClient { BaseAddress = new Uri(other.Address, "/") };
        HttpResponseMessage refused = await asking.PostAsync("/v1/chat/completions",
            Body("""{"messages": [{"role": "user", "content": "hi"}]}"""));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("has no chat template; ask /v1/completions", await Text(refused));
    }

    [Fact]
    public async Task Texts_become_tokens_and_tokens_texts()
    {
        JsonElement tokens = await Post("/tokenize", """{"prompt": "abc é"}""");
        Assert.Equal([1, 2, 3, 27, 32], Whole(tokens.GetProperty("tokens")));
        Assert.Equal((5, 64), (tokens.GetProperty("count").GetInt32(), tokens.GetProperty("max_model_len").GetInt32()));
        JsonElement text = await Post("/detokenize", """{"tokens": [1, 2, 3, 27, 32]}""");
        Assert.Equal("abc é", text.GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task The_server_says_what_it_serves_and_how_it_is()
    {
        JsonElement models = JsonDocument.Parse(await client.GetStringAsync("/v1/models")).RootElement;
        Assert.Equal(model.Name, models.GetProperty("data")[0].GetProperty("id").GetString());
        Assert.Contains("\"status\":\"ok\"", await client.GetStringAsync("/health"));
        await Post("/v1/completions", """{"prompt": "a", "max_tokens": 5, "ignore_eos": true}""");
        Assert.Contains("rlsquared_generated_tokens_total 5\n", await client.GetStringAsync("/metrics"));
    }

    public static TheoryData<string, int, string> Wrong => new()
    {
        { """{"prompt": "a", "max_tokens": 0}""", 400, "max_tokens must be a whole number from 1 on, but is 0" },
        { """{"prompt": "a", "max_tokens": 64}""", 400, "max_tokens is 64, and 63 tokens are left of the" },
        { """{"prompt": ""}""", 400, "a prompt is empty" },
        { """{"prompt": []}""", 400, "a prompt is empty" },
        { """{"prompt": [1, 99]}""", 400, "prompt holds 99, and ids are from 0 to 32" },
        { """{"prompt": [[1], "a"]}""", 200, "" },
        { """{"prompt": {"a": 1}}""", 400, "prompt must be a text, a list of texts, or lists of ids" },
        { """{"max_tokens": 4}""", 400, "prompt is missing" },
        { """{"prompt": "a", "model": "gpt"}""", 404, "there is no model 'gpt'" },
        { """{"prompt": "a", "n": 129}""", 400, "n must be a whole number from 1 to 128, but is 129" },
        { """{"prompt": ["a", "b"], "n": 65}""", 400, "2 prompts with 65 choices each are more than 128" },
        { """{"prompt": "a", "temperature": -1}""", 400, "temperature must be a number from 0 to 100, but is -1" },
        { """{"prompt": "a", "top_p": 0}""", 400, "top_p must be a number" },
        { """{"prompt": "a", "stop": 7}""", 400, "stop must be a text or a list of at most 16 texts" },
        { """{"prompt": "a", "logit_bias": {"1": 5}}""", 400, "logit_bias is not served; leave it away" },
        { """{"prompt": "a", "presence_penalty": 0.5}""", 400, "presence_penalty is not served" },
        { """{"prompt": "a", "best_of": 4}""", 400, "best_of is not served" },
        { """{"prompt": "a", "stream": "yes"}""", 400, "stream must be true or false, but is \\\"yes\\\"" },
        { """[1]""", 400, "the request must be a JSON object" },
        { """{"prompt": """, 400, "the body is no JSON" },
        { "", 400, "the body is no JSON" },
        { "{\"prompt\": \"\\ud800\"}", 400, "is no valid Unicode" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_wrong_request_is_answered_with_what_would_be_right(string body, int status, string message)
    {
        HttpResponseMessage answer = await Send("/v1/completions", body);
        string text = await Text(answer);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(message, text);
        if (status != 200)
        {
            JsonElement error = JsonDocument.Parse(text).RootElement.GetProperty("error");
            Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        }
    }

    [Theory]
    [InlineData("""{"messages": []}""", "messages must be a list of at least one")]
    [InlineData("""{"messages": [{"content": "a"}]}""", "each message needs a role")]
    [InlineData("""{"messages": [{"role": "judge", "content": "a"}]}""",
        "the chat template refuses the messages: no judges")]
    [InlineData("""{"messages": [{"role": "user", "content": 5}]}""", "content must be a text or a list of parts")]
    [InlineData("""{"messages": ["a"]}""", "messages must be a JSON object")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}], "tool_choice": "required"}""", "auto or none only")]
    public async Task A_wrong_conversation_is_answered_with_what_would_be_right(string body, string message)
    {
        HttpResponseMessage answer = await Send("/v1/chat/completions", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(message, await Text(answer));
    }

    [Fact]
    public async Task Wrong_paths_verbs_hosts_and_sites_are_refused()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v1/engines")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.GetAsync("/v1/completions")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await Status(request => request.Headers.Host = "evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden,
            await Status(request => request.Headers.Add("Sec-Fetch-Site", "cross-site")));
        using var large = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = Body("{\"prompt\": \"" + new string('a', 5 << 20) + "\"}"),
        };
        large.Headers.ExpectContinue = true;                        // asks before it sends
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.SendAsync(large)).StatusCode);

        async Task<HttpStatusCode> Status(Action<HttpRequestMessage> change)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
            change(request);
            return (await client.SendAsync(request)).StatusCode;
        }
    }

    // 2,000 bodies with some bytes changed: an answer or a refusal, and never a fault of the server.
    [Fact]
    public async Task Mutated_requests_never_break_the_server()
    {
        byte[] body = Encoding.UTF8.GetBytes("""
            {"prompt": ["ab", "c"], "n": 1, "max_tokens": 2, "stop": ["x"], "seed": 3, "top_p": 0.5, "logprobs": 1}
            """);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            byte[] mutant = [.. body];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                mutant[random.Next(mutant.Length)] =
                    (byte)(random.Next(2) == 0 ? random.Next(256) : "0{}[]\",:-e"[random.Next(10)]);
            }
            HttpResponseMessage answer = await client.PostAsync("/v1/completions", new ByteArrayContent(mutant));
            Assert.True((int)answer.StatusCode < 500, $"{answer.StatusCode} to {Encoding.UTF8.GetString(mutant)}");
        }
        Assert.Contains("\"status\":\"ok\"", await client.GetStringAsync("/health"));
    }

    [Fact]
    public async Task A_client_that_goes_away_takes_its_completion_with_it()
    {
        using ServedModel wide = SmallModel.Open(positions: 60_000);
        using ModelServer other = Start(wide);
        using (Socket gone = Connect(other))
        {
            gone.Send(Raw("""{"prompt": "a", "max_tokens": 59000, "stream": true, "ignore_eos": true}"""));
            byte[] first = new byte[256];
            Assert.NotEqual(0, gone.Receive(first));
            Assert.Equal(1, other.Sequences);
        }
        await Until(() => other.Sequences == 0);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_disturbs_no_other()
    {
        using ServedModel wide = SmallModel.Open(positions: 60_000);
        using ModelServer other = Start(wide);
        using Socket idle = Connect(other);
        idle.ReceiveBufferSize = 1024;
        idle.Send(Raw("""{"prompt": "a", "max_tokens": 59000, "stream": true, "ignore_eos": true}"""));
        await Until(() => other.Sequences == 1);
        using var asking = new HttpClient { BaseAddress = new Uri(other.Address, "/") };
        for (int i = 0; i < 3; i++)
        {
            HttpResponseMessage answer = await asking.PostAsync(
                "/v1/completions", Body("""{"prompt": "b", "max_tokens": 5}"""));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_request_that_takes_too_long_is_ended_and_says_so()
    {
        using ServedModel wide = SmallModel.Open(positions: 60_000);
        using ModelServer other = Start(wide, seconds: 0.3);
        using var asking = new HttpClient { BaseAddress = new Uri(other.Address, "/") };
        HttpResponseMessage answer = await asking.PostAsync(
            "/v1/completions", Body("""{"prompt": "b", "max_tokens": 59000, "ignore_eos": true}"""));
        Assert.Equal(HttpStatusCode.RequestTimeout, answer.StatusCode);
        Assert.Contains("longer than 0 seconds; ask for fewer tokens", await Text(answer));
        await Until(() => other.Sequences == 0);
    }

    [Fact]
    public async Task More_completions_than_can_be_under_way_are_refused()
    {
        using ServedModel wide = SmallModel.Open(positions: 8_000);
        using ModelServer other = Start(wide);
        using var asking = new HttpClient { BaseAddress = new Uri(other.Address, "/") };
        const string many = """{"prompt": "b", "max_tokens": 7900, "ignore_eos": true, "n": 128, "stream": true}""";
        List<HttpResponseMessage> open = [];
        for (int i = 0; i < GenerationLoop.MostSequences / 128; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = Body(many) };
            open.Add(await asking.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        }
        HttpResponseMessage refused = await asking.PostAsync("/v1/completions", Body("""{"prompt": "b"}"""));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        open.ForEach(one => one.Dispose());
        await Until(() => other.Sequences == 0);
    }

    [ToolsFact("node", "npm:openai")]
    public void OpenAIs_own_client_understands_it()
    {
        string output = Tools.Run(Tools.Find("node")!,
            [Path.Combine(Tools.Folder, "openai-client.mjs"), server.Address.ToString(), model.Name]);
        JsonElement got = JsonDocument.Parse(output).RootElement;
        var eight = new SamplingOptions { MaximumTokens = 8 };
        (GeneratedSequence text, GeneratedSequence chat) = (Generate("ab", eight, 3), Generate("u: ab|a: ", eight, 3));
        Assert.Equal(model.Name, got.GetProperty("models")[0].GetString());
        Assert.Equal(text.Text, got.GetProperty("text").GetString());
        Assert.Equal(text.Tokens.Count, got.GetProperty("tokens").GetInt32());
        Assert.Equal(text.Tokens.Count, got.GetProperty("logprobs").GetInt32());
        Assert.Equal(chat.Text, got.GetProperty("chat").GetString());
        Assert.Equal(chat.Text, got.GetProperty("streamed").GetString());
        Assert.Equal("400 BadRequestError max_tokens", got.GetProperty("refused").GetString());
    }

    GeneratedSequence Generate(string prompt, SamplingOptions sampling, ulong seed)
    {
        using var generator = new Generator(model.Model, null, model.Tokenizer);
        generator.Submit(model.Tokenizer.Encode(prompt, addTemplate: false), sampling, seed);
        return generator.Run()[0];
    }

    async Task<JsonElement> Post(string path, object body) =>
        JsonDocument.Parse(await Text(await Send(path, body as string ?? JsonSerializer.Serialize(body)))).RootElement;

    Task<HttpResponseMessage> Send(string path, string body) => client.PostAsync(path, Body(body));

    static StringContent Body(string json) => new(json, Encoding.UTF8, "application/json");

    static Task<string> Text(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync();

    static int[] Whole(JsonElement list) => [.. list.EnumerateArray().Select(one => one.GetInt32())];

    static string?[] Texts(JsonElement answer) => [.. answer.GetProperty("choices").EnumerateArray()
        .Select(one => one.GetProperty("text").GetString())];

    static string? TextOf(JsonElement choice, string kind) => kind == "chat"
        ? choice.GetProperty("message").GetProperty("content").GetString() : choice.GetProperty("text").GetString();

    static (int Prompt, int Completion, int Total) Usage(JsonElement answer)
    {
        JsonElement usage = answer.GetProperty("usage");
        return (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32(),
            usage.GetProperty("total_tokens").GetInt32());
    }

    static Socket Connect(ModelServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, server.Address.Port);
        return socket;
    }

    static byte[] Raw(string body) => Encoding.UTF8.GetBytes("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n" +
        $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    static async Task Until(Func<bool> holds)
    {
        for (int i = 0; i < 1200 && !holds(); i++)
            await Task.Delay(50);
        Assert.True(holds());
    }
}
