using System.Text.Json;
using RLSquared.Language.Models;

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
    public void What_cannot_be_is_one_sentence()
    {
        using var command = new CommandLine();
        command.Run(["train", "arithmetic", "--set", "group-size=1"])
            .Fails(ExitCode.WrongUsage, "group-size must be at least 2, for completions of a prompt are compared");
        command.Run(["train", "arithmetic", "--set", "batch=12"])
            .Fails(ExitCode.WrongUsage, "batch 12 is not whole groups of 8; 8 and 16 are");
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
