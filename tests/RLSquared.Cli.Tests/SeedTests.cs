using System.Text.Json;
using RLSquared.Language.Prompts;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests;

/// <summary><c>rl2 train --seeds</c> and what other verbs make of its folder.</summary>
public sealed class SeedTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    JsonElement Recorded(int seed) => JsonDocument.Parse(
        File.ReadAllText(command.At("seeds", $"seed-{seed}", "evaluation.json"))).RootElement;

    static double Mean(JsonElement agent) => agent.GetProperty("mean").GetDouble();

    [Fact]
    public void Each_seed_is_a_run_with_the_bits_of_one_that_is_trained_alone()
    {
        Result result = command.Train("seeds", 300, "--seeds", "2", "--seed", "4", "--set", "arms=3");
        Assert.Equal((0, ""), (result.Code, result.Error));
        foreach (int seed in (int[])[4, 5])
        {
            command.Train($"alone-{seed}", 300, "--seed", $"{seed}", "--set", "arms=3");
            Assert.Equal(Tensors($"alone-{seed}"), Tensors("seeds", $"seed-{seed}"));
        }
        Assert.NotEqual(Tensors("seeds", "seed-4"), Tensors("seeds", "seed-5"));
        Assert.Equal(["seed-4", "seed-5", "seeds.json"],
            Directory.GetFileSystemEntries(command.At("seeds")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void The_end_is_the_mean_over_seeds_beside_opponents_that_played_the_same_trials_once()
    {
        JsonElement json = command.Train("seeds", 200, "--seeds", "3", "--json").Json;
        JsonElement[] runs = [.. json.GetProperty("runs").EnumerateArray()];
        double[] means = [.. runs.Select(Mean)];
        Assert.Equal([1, 2, 3], runs.Select(run => run.GetProperty("seed").GetInt32()));
        double squares = means.Sum(mean => Math.Pow(mean - means.Average(), 2));
        Assert.Equal(means.Average(), OverSeeds("mean"), 1e-12);
        Assert.Equal(Math.Sqrt(squares / 6), OverSeeds("standardError"), 1e-12);
        Assert.Equal((means.Order().ElementAt(1), means.Min(), means.Max()),
            (OverSeeds("median"), OverSeeds("lowest"), OverSeeds("highest")));

        JsonElement[] all = [.. json.GetProperty("evaluation").GetProperty("agents").EnumerateArray()];
        for (int seed = 1; seed <= 3; seed++)
        {
            JsonElement[] own = [.. Recorded(seed).GetProperty("agents").EnumerateArray()];
            Assert.Equal(means[seed - 1], Mean(own[0]));
            Assert.Equal(all[3..].Select(agent => agent.ToString()), own[1..].Select(agent => agent.ToString()),
                (one, other) => JsonElement.DeepEquals(JsonDocument.Parse(one).RootElement,
                    JsonDocument.Parse(other).RootElement));
            Assert.Equal("checkpoints/step-000000000200.safetensors",
                Recorded(seed).GetProperty("checkpoint").GetString());
        }

        double OverSeeds(string name) => json.GetProperty("overSeeds").GetProperty(name).GetDouble();
    }

    [Fact]
    public void A_problem_is_judged_by_as_many_instances_as_it_asks_for_also_with_several_seeds()
    {
        Result trained = command.Run("train", "arithmetic", "--seeds", "2", "--budget", "500", "--run",
            command.At("sums"), "--json", "--quiet", "--threads", "1",
            "--set", "layers=1", "hidden=16", "heads=2", "batch=16", "warm-start=1", "warm-start-batch=4");
        Assert.True(trained.Code == 0, trained.Error);
        foreach (Result result in (Result[])[
            trained, command.Run("resume", command.At("sums"), "--json", "--quiet"),
            command.Run("evaluate", command.At("sums"), "--json", "--quiet")])
        {
            Assert.Equal(new ArithmeticTask().EvaluationInstances,
                result.Json.GetProperty("evaluation").GetProperty("instances").GetInt32());
        }
    }

    [Fact]
    public void The_table_has_the_mean_and_a_row_for_each_seed_and_goes_below_the_runs_by_itself()
    {
        Result result = command.Run("train", "bandits", "--algorithm", "pretend", "--budget", "100", "--seeds", "2",
            "--instances", "20", "--quiet", "--threads", "1");
        string folder = Assert.Single(Directory.GetDirectories(command.At("runs")));
        Assert.StartsWith(command.At("runs", "bandits-pretend-seeds-"), folder, StringComparison.Ordinal);
        Assert.Matches("▸ +random, mean of 2 seeds +[0-9.]+ ± [0-9.]+", result.Output);
        Assert.Matches("over seeds: mean [0-9.]+ ± [0-9.]+, median [0-9.]+, lowest [0-9.]+, highest [0-9.]+",
            result.Output);
        Assert.Matches("\nseed 2 +[0-9.]+ ± [0-9.]+\n", result.Output);
        Assert.Contains($"rl2 plot {folder}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_interrupted_goes_on_with_the_seed_that_was_not_done_and_ends_the_same()
    {
        command.Train("start", 200);
        string[] train =
        [
            "train", "bandits", "--algorithm", "pretend", "--budget", "200", "--seeds", "2", "--threads", "1",
            "--from", command.At("start"), "--instances", "20", "--quiet", "--no-tensorboard",
        ];
        command.Run([.. train, "--run", command.At("whole")]);
        command.Run(interrupted: true, [.. train, "--run", command.At("seeds")])
            .Fails(130, $"interrupted in seed-1 after 100 steps; go on with: rl2 resume {command.At("seeds")}");
        Assert.True(File.Exists(command.At("seeds", "seed-2", "config.json")));
        command.Run("evaluate", command.At("seeds"), "--quiet")
            .Fails(1, $"seed-2 has no checkpoint yet; go on with: rl2 resume {command.At("seeds")}");

        Result resumed = command.Run("resume", command.At("seeds"), "--instances", "20", "--quiet");
        Assert.Equal((0, ""), (resumed.Code, resumed.Error));
        foreach (string seed in (string[])["seed-1", "seed-2"])
        {
            Assert.Equal(Tensors("whole", seed), Tensors("seeds", seed));
            Assert.Equal(2, File.ReadAllLines(command.At("seeds", seed, "metrics.jsonl")).Length);
            Assert.Empty(TensorBoardLog.FilesIn(command.At("seeds", seed)));
        }
        Assert.Equal(resumed.Output, command.Run("resume", command.At("seeds"), "--instances", "20").Output);
    }

    [Fact]
    public void A_larger_budget_trains_all_seeds_on()
    {
        command.Train("seeds", 100, "--seeds", "2");
        command.Run("resume", command.At("seeds"), "--budget", "300", "--instances", "5", "--quiet");
        foreach (int seed in (int[])[1, 2])
        {
            Assert.Equal(300, Recorded(seed).GetProperty("steps").GetInt32());
            Assert.Equal(2, TensorBoardLog.FilesIn(command.At("seeds", $"seed-{seed}")).Count);
        }
    }

    [Fact]
    public void The_folder_is_evaluated_and_plotted_as_a_whole()
    {
        command.Train("seeds", 300, "--seeds", "2");
        JsonElement evaluated = command.Run("evaluate", command.At("seeds"), "--agent", "greedy", "--instances", "40",
            "--checkpoint", "best", "--set", "pulls=20", "--json", "--quiet").Json;
        Assert.Equal(2, evaluated.GetProperty("runs").GetArrayLength());
        Assert.Equal("20", evaluated.GetProperty("evaluation").GetProperty("options").GetProperty("pulls").GetString());
        Assert.Equal(3, evaluated.GetProperty("evaluation").GetProperty("agents").GetArrayLength());
        Assert.Equal(20, Recorded(1).GetProperty("instances").GetInt32());              // that was only tried

        Result table = command.Run("evaluate", command.At("seeds"), "--instances", "40");
        Assert.Contains("random, mean of 2 seeds", table.Output, StringComparison.Ordinal);
        Assert.Equal(40, Recorded(2).GetProperty("instances").GetInt32());
        Assert.Equal($"{command.At("p.svg")}: 1 curve of 2 runs\n",
            command.Run("plot", command.At("seeds"), "--output", command.At("p.svg")).Output);
    }

    [Fact]
    public void What_cannot_be_done_with_seeds_is_one_sentence()
    {
        string folder = command.At("seeds");
        command.Train("one", 100);
        command.Train("one", 100, "--seeds", "2").Fails(2, "is there already and holds no seeds; name another folder");
        command.Train("seeds", 100, "--seeds", "0").Fails(2, "--seeds must be a whole number of 1 or more, but is '0'");
        command.Train("seeds", 100, "--seeds", "2", "--seed", $"{ulong.MaxValue}")
            .Fails(2, "there are no 2 seeds from 18446744073709551615 on; begin with a smaller --seed");
        command.Train("seeds", 100, "--seeds", "2", "--set", "minibatch=3").Fails(2, "minibatch 3 does not divide 10");
        Assert.False(Directory.Exists(folder));

        command.Train("seeds", 100, "--seeds", "3");
        command.Train("seeds", 100, "--seeds", "2").Fails(2, $"{folder} holds the runs of seeds already; " +
            "name another folder, go on with them (rl2 resume), or use --force");
        command.Run("play", folder).Fails(2, $"holds the runs of several seeds; name one of them, such as {folder}");
        command.Run("resume", folder, "--checkpoint", "best").Fails(2, "go on from their last checkpoints");
        command.Run("evaluate", folder, "--checkpoint", "x").Fails(2, "--checkpoint is last or best there");
        command.Run("evaluate", folder, "--task", "bandits").Fails(2, "leave --task away");
        Assert.Equal(0, command.Train("seeds", 100, "--seeds", "2", "--force").Code);
        Assert.Equal(["seed-1", "seed-2"], Directory.GetDirectories(folder).Select(Path.GetFileName).Order());
    }

    byte[] Tensors(params string[] run)
    {
        string last = Directory.GetFiles(Path.Combine(command.At(run), "checkpoints"), "step-*.safetensors").Max()!;
        byte[] file = File.ReadAllBytes(last);
        return file[(8 + (int)BitConverter.ToInt64(file))..];               // what follows the header: all of the state
    }
}
