using System.Net.Http.Json;
using System.Text.Json;
using RLSquared.Cli.Serving;
using RLSquared.Language.Models;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cli.Tests;

/// <summary>Language tasks on the command line: train, resume, evaluate, generate, chat.</summary>
public sealed class LanguageTests
{
    static readonly string[] small =
    [
        "--set", "layers=1", "hidden=16", "heads=2", "batch=16", "warm-start=2", "warm-start-batch=4", "--threads", "1",
        "--quiet",
    ];

    [Fact]
    public void A_run_of_arithmetic_is_trained_resumed_evaluated_and_spoken_to()
    {
        using var command = new CommandLine { Input = "12+34=\n\n" };
        Result trained = command.Run(["train", "arithmetic", "--run", command.At("sums"), "--budget", "1000",
            "--instances", "10", .. small]);
        Assert.True(trained.Code == 0, trained.Error);
        Result resumed = command.Run("resume", command.At("sums"), "--budget", "1500", "--threads", "2", "--quiet",
            "--instances", "10");
        Assert.True(resumed.Code == 0, resumed.Error);
        Result evaluated = command.Run("evaluate", command.At("sums"), "--instances", "20", "--json", "--quiet");
        Assert.True(evaluated.Code == 0, evaluated.Error);
        JsonElement agent = evaluated.Json.GetProperty("agents")[0];
        Assert.Equal("rloo", agent.GetProperty("name").GetString());
        Assert.InRange(agent.GetProperty("mean").GetDouble(), 0, 1);

        Result said = command.Run("generate", command.At("sums"), "--prompt", "12+34=", "--max-tokens", "4", "--greedy",
            "--json");
        Assert.True(said.Code == 0, said.Error);
        int tokens = said.Json.GetProperty("tokens").GetArrayLength();
        Assert.InRange(tokens, 1, 4);
        Assert.Equal(tokens, said.Json.GetProperty("logProbabilities").GetArrayLength());
        Assert.Equal(JsonValueKind.String, said.Json.GetProperty("text").ValueKind);
        Result chat = command.Run("chat", command.At("sums"), "--max-tokens", "4", "--quiet");
        Assert.True(chat.Code == 0, chat.Error);
        Assert.Single(chat.Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void What_is_counted_is_named_wherever_its_numbers_stand()
    {
        using var command = new CommandLine();
        string[] train = ["train", "arithmetic", "--budget", "900", "--instances", "5", .. small[..^1]];
        Result trained = command.Run([.. train, "--run", command.At("runs", "sums")]);
        Assert.True(trained.Code == 0, trained.Error);
        Assert.Contains("a budget of 900 is 900 tokens; for a time write 900s or 900min, and for so few tokens " +
            "900steps", trained.Error, StringComparison.Ordinal);
        Assert.Equal("tokens", RunFolder.Open(command.At("runs", "sums")).Configuration.Unit);
        Assert.Equal(("tokens", "tokens of training"), (Column("state", "return"), Axis("sums")));

        command.Train(Path.Combine("runs", "play"), 100);
        Assert.Null(RunFolder.Open(command.At("runs", "play")).Configuration.Unit);
        Assert.DoesNotContain("\"unit\"", File.ReadAllText(command.At("runs", "play", "config.json")),
            StringComparison.Ordinal);
        Assert.Equal(("trained", "environment steps of training"), (Column("state", "return"), Axis("play")));
        Assert.Contains(" 100 steps ", command.Run("runs").Output, StringComparison.Ordinal);
        Assert.Matches(@" [0-9,]+ tokens ", command.Run("runs").Output);
        Assert.Equal("environment steps or tokens of training", Axis("play", "sums"));
        using (var served = new Dashboard.Served(command, command.At("runs")))
        {
            Assert.Equal(("tokens", "steps"), (served.Run("sums").GetProperty("unit").GetString(),
                served.Run("play").GetProperty("unit").GetString()));
        }

        command.Run(interrupted: true, [.. train, "--seeds", "2", "--run", command.At("seeds")])
            .Fails(130, " tokens; go on with: rl2 resume");
        Result again = command.Run([.. train, "--config", command.At("runs", "sums", "config.json"), "--run",
            command.At("again"), "--quiet"]);
        Assert.Equal((0, ""), (again.Code, again.Error));

        string Column(string after, string before)
        {
            string[] heads = command.Run("runs").Output.Split('\n')[0]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(heads.IndexOf(after) + 2, heads.IndexOf(before));
            return heads[heads.IndexOf(after) + 1];
        }
        string? Axis(params string[] runs) => command.Run(["plot", .. runs.Select(run => command.At("runs", run)),
            "--output", command.At("plot.svg"), "--json"]).Json.GetProperty("x").GetString();
    }

    [Fact]
    public void Ppo_is_that_of_language_models_on_prompts_and_that_of_agents_on_tasks()
    {
        using var command = new CommandLine();
        Result trained = command.Run(["train", "arithmetic", "--algorithm", "ppo", "--run", command.At("sums"),
            "--budget", "1000", "--instances", "10", .. small]);
        Assert.True(trained.Code == 0, trained.Error);
        Assert.Contains("value_loss", File.ReadAllText(command.At("sums", "metrics.jsonl")));
        Result resumed = command.Run("resume", command.At("sums"), "--budget", "1500", "--quiet", "--instances", "10");
        Assert.True(resumed.Code == 0, resumed.Error);
        Result played = command.Run("train", "cartpole", "--run", command.At("pole"), "--budget", "300",
            "--set", "lanes=2", "window=8", "minibatches=1", "--instances", "5", "--quiet");
        Assert.True(played.Code == 0, played.Error);
        Assert.Contains("clip_fraction", File.ReadAllText(command.At("pole", "metrics.jsonl")));
        string listed = command.Run("list", "ppo").Output;
        Assert.Contains("lanes=", listed);
        Assert.Contains("value-clip=", listed);
    }

    [Fact]
    public void A_run_is_exported_as_a_folder_that_says_the_same_words()
    {
        using var command = new CommandLine();
        Result trained = command.Run(["train", "arithmetic", "--run", command.At("sums"), "--budget", "1000",
            "--instances", "10", .. small]);
        Assert.True(trained.Code == 0, trained.Error);
        Result exported = command.Run("export", command.At("sums"));
        Assert.True(exported.Code == 0, exported.Error);
        Assert.Equal($"{command.At("sums", "model")}: config.json, generation_config.json, model.safetensors, " +
            "tokenizer.json, tokenizer_config.json\n", exported.Output);
        string[] ask = ["--prompt", "12+34=", "--max-tokens", "4", "--json"];
        JsonElement ofRun = command.Run(["generate", command.At("sums"), .. ask]).Json;
        JsonElement ofFolder = command.Run(["generate", command.At("sums", "model"), .. ask]).Json;
        Assert.Equal(ofRun.GetRawText(), ofFolder.GetRawText());
        JsonElement told = command.Run("export", command.At("sums"), "--format", "huggingface", "--output",
            command.At("there"), "--json").Json;
        Assert.Equal(command.At("there"), told.GetProperty("folder").GetString());
        Assert.Equal(5, told.GetProperty("files").GetArrayLength());
        Assert.Equal(File.ReadAllBytes(command.At("there", "model.safetensors")),
            File.ReadAllBytes(command.At("sums", "model", "model.safetensors")));

        command.Run("export", command.At("sums"), "--output", command.At("half"), "--weights", "bfloat16");
        Assert.InRange(new FileInfo(command.At("half", "model.safetensors")).Length,
            1, new FileInfo(command.At("there", "model.safetensors")).Length * 2 / 3);
        command.Run("export", command.At("sums"), "--weights", "int8").Fails(ExitCode.WrongUsage,
            "there are no weights 'int8'; there are float32, bfloat16, float16");
        command.Run("export", command.At("sums"), "--format", "peft").Fails(ExitCode.WrongUsage,
            "trained the model itself and no adapter (adapter-rank); write it with --format huggingface");
        command.Run("export", command.At("sums"), "--format", "onnx")
            .Fails(ExitCode.WrongUsage, "trained a language model; write it with --format huggingface");
        command.Run("export", command.At("sums"), "--output", command.At("sums", "config.json"))
            .Fails(ExitCode.WrongUsage, "config.json is a file; a model is a folder");
        command.Train("bandits", 100);
        command.Run("export", command.At("bandits"), "--weights", "float16")
            .Fails(ExitCode.WrongUsage, "a policy's ONNX model holds float32; leave --weights out");
        command.Run("export", command.At("bandits"), "--format", "huggingface")
            .Fails(ExitCode.WrongUsage, "which trains no language model");
    }

    [Theory]
    [InlineData("gigpo")]
    [InlineData("repro")]
    [InlineData("lamer")]
    public void The_run_of_an_agent_is_exported_and_its_model_answers(string algorithm)
    {
        using var command = new CommandLine();
        Result trained = command.Run("train", "minesweeper", "--algorithm", algorithm, "--run", command.At("agent"),
            "--budget", "100", "--instances", "4", "--set", "layers=1", "hidden=16", "heads=2", "groups=1",
            "group-size=2", "warm-start=2", "warm-start-plays=1", "--threads", "1", "--quiet");
        Assert.True(trained.Code == 0, trained.Error);
        Result exported = command.Run("export", command.At("agent"));
        Assert.True(exported.Code == 0, exported.Error);
        string[] ask = ["--prompt", "<obs> 1a1<action>", "--max-tokens", "3", "--json"];
        JsonElement ofRun = command.Run(["generate", command.At("agent"), .. ask]).Json;
        JsonElement ofFolder = command.Run(["generate", command.At("agent", "model"), .. ask]).Json;
        Assert.InRange(ofRun.GetProperty("tokens").GetArrayLength(), 1, 3);
        Assert.Equal(ofRun.GetRawText(), ofFolder.GetRawText());
    }

    [Fact]
    public void An_adapter_is_trained_on_a_folder_exported_for_peft_and_merged()
    {
        using var command = new CommandLine();
        command.Run(["train", "arithmetic", "--run", command.At("base"), "--budget", "1000", "--instances", "10",
            .. small]);
        Assert.Equal(0, command.Run("export", command.At("base"), "--output", command.At("model"), "--quiet").Code);
        // RAFT learns from the best of each group, even where all are equally bad, as they are here.
        Result trained = command.Run("train", "arithmetic", "--run", command.At("tuned"), "--budget", "1500",
            "--algorithm", "raft",
            "--instances", "10", "--threads", "1", "--quiet", "--set", $"model={command.At("model")}",
            "adapter-rank=4", "warm-start=0", "batch=16", "kl=0.01", "learning-rate=0.05");
        Assert.True(trained.Code == 0, trained.Error);
        Assert.Equal(0, command.Run("export", command.At("tuned"), "--format", "peft", "--quiet").Code);
        Assert.Equal(0, command.Run("export", command.At("tuned"), "--quiet").Code);

        using var adapted = LanguageModel.Load(command.At("model"));
        adapted.LoadAdapter(command.At("tuned", "adapter"));
        Assert.Contains(JsonSerializer.Serialize(command.At("model")),
            File.ReadAllText(command.At("tuned", "adapter", "adapter_config.json")));
        using LanguageModel mine = adapted.Merge(), written = LanguageModel.Load(command.At("tuned", "model"));
        using var before = LanguageModel.Load(command.At("model"));
        Assert.Equal(Weights(mine), Weights(written));
        Assert.NotEqual(Weights(before), Weights(written));

        // Another run may begin where this adapter has nothing to begin with: on the weights of the first run.
        Result from = command.Run(["train", "arithmetic", "--from", command.At("base"), "--run", command.At("third"),
            "--budget", "300", "--instances", "10", "--threads", "1", "--quiet", "--set", "layers=1", "hidden=16",
            "heads=2", "batch=16", "adapter-rank=4", "warm-start=0"]);
        Assert.True(from.Code == 0, from.Error);

        static float[] Weights(LanguageModel model) => [.. model.Parameters.All.SelectMany(one => one.Value.ToArray())];
    }

    [Fact]
    public async Task A_run_is_served_like_a_folder()
    {
        using var command = new CommandLine();
        Result trained = command.Run(["train", "arithmetic", "--run", command.At("sums"), "--budget", "1000",
            "--instances", "10", .. small]);
        Assert.True(trained.Code == 0, trained.Error);
        JsonElement said = command.Run("generate", command.At("sums"), "--prompt", "12+34=", "--max-tokens", "4",
            "--greedy", "--json").Json;
        using var model = ServedModel.Open(command.Catalogues, command.At("sums"));
        using var workers = new Workers(1);
        using var server = ModelServer.Start(model, model.Generator(workers), port: 0, TimeSpan.FromSeconds(60));
        using var client = new HttpClient();
        using HttpResponseMessage answer = await client.PostAsync(new Uri(server.Address, "/v1/completions"),
            JsonContent.Create(new { model = "sums", prompt = "12+34=", max_tokens = 4, temperature = 0 }));
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(said.GetProperty("text").GetString(),
            json.RootElement.GetProperty("choices")[0].GetProperty("text").GetString());
        Assert.Contains("is no folder of a language model", Assert.Throws<OptionException>(
            () => ServedModel.Open(command.Catalogues, Path.GetTempPath())).Message);
    }

    [Fact]
    public void A_run_of_an_agent_of_many_turns_is_trained_resumed_evaluated_and_played()
    {
        using var command = new CommandLine();
        string[] tiny = ["--set", "view=cells", "layers=1", "hidden=16", "heads=2", "groups=2", "group-size=2",
            "warm-start=2", "warm-start-plays=2", "--threads", "1", "--quiet", "--instances", "3"];
        Result trained = command.Run(["train", "minesweeper", "--run", command.At("field"), "--budget", "2000",
            .. tiny]);
        Assert.True(trained.Code == 0, trained.Error);
        Result resumed = command.Run("resume", command.At("field"), "--budget", "3000", "--threads", "2", "--quiet",
            "--instances", "3");
        Assert.True(resumed.Code == 0, resumed.Error);
        Result evaluated = command.Run("evaluate", command.At("field"), "--instances", "4", "--json", "--quiet");
        Assert.True(evaluated.Code == 0, evaluated.Error);
        Assert.Equal("lamer", evaluated.Json.GetProperty("agents")[0].GetProperty("name").GetString());
        Result played = command.Run("play", command.At("field"), "--trial", "2");
        Assert.True(played.Code == 0, played.Error);
        Assert.StartsWith("lamer plays level 2 of seed", played.Output, StringComparison.Ordinal);
        Assert.Contains("turn 1\n?????", played.Output, StringComparison.Ordinal);
        Result json = command.Run("play", command.At("field"), "--json");
        Assert.Contains("turn 1", json.Json.GetProperty("transcript").GetString(), StringComparison.Ordinal);
        command.Run("play", command.At("field"), "--film", "a.gif")
            .Fails(ExitCode.WrongUsage, "played without --film");
        string levels = command.At("levels.txt");
        File.WriteAllText(levels, "#####\n#@$.#\n####\n");
        command.Run(["train", "sokoban", "--set", "levels=" + levels])
            .Fails(ExitCode.Failed, "has 4 cells in row 3 and 5 in the first");
        command.Run(["train", "sokoban", "--algorithm", "rloo"])
            .Fails(ExitCode.WrongUsage, "rloo cannot learn sokoban, which is an environment that");
    }

    [Fact]
    public void What_cannot_be_is_one_sentence()
    {
        using var command = new CommandLine();
        command.Run(["train", "arithmetic", "--set", "group-size=1"])
            .Fails(ExitCode.WrongUsage, "group-size must be at least 2, for completions of a prompt are compared");
        command.Run(["train", "arithmetic", "--set", "batch=12"])
            .Fails(ExitCode.WrongUsage, "batch 12 is not whole groups of 8; 8 and 16 are");
        command.Run(["train", "stories"]).Fails(ExitCode.WrongUsage,
            "stories are told by a language model; give its folder: --set model=FOLDER");
        command.Run(["train", "bandits", "--algorithm", "rloo"])
            .Fails(ExitCode.WrongUsage, "rloo cannot learn bandits");
        command.Run("generate", command.At("nowhere"), "--prompt", "a")
            .Fails(ExitCode.WrongUsage, "there is no folder");
        command.Train("bandits", 100);
        command.Run("generate", command.At("bandits"), "--prompt", "a")
            .Fails(ExitCode.WrongUsage, "which trains no language model");
    }

    [Fact]
    public void A_prompt_longer_than_the_context_or_without_tokens_is_refused()
    {
        using var command = new CommandLine();
        using (var model = LanguageModel.Create(ModelConfiguration.Small(3, 16, 1, 2, 8), seed: 1))
            model.Save(command.At("model"));
        File.WriteAllBytes(command.At("model", "tokenizer.json"), Language.Tokenizers.CharacterTokenizer.Write("abc"));
        command.Run("generate", command.At("model"), "--prompt", "abcabcabc").Fails(ExitCode.WrongUsage,
            "the prompt has 9 tokens, and the model sees 8 with what it says; shorten it");
        command.Run("generate", command.At("model"), "--prompt", "xyz").Fails(ExitCode.WrongUsage,
            "the prompt has no tokens that the model knows");
        command.Run("generate", command.At("model"), "--prompt", "ab", "--temperature", "-1").Fails(
            ExitCode.WrongUsage, "--temperature must be a number from 0 to 100");
        Assert.Equal(0, command.Run("generate", command.At("model"), "--prompt", "ab", "--max-tokens", "3").Code);
    }
}
