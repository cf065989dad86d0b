using System.Net;
using System.Text.Json;

namespace RLSquared.Cli.Tests.Dashboard;

/// <summary>Files that were mutilated at random: each is shown or called damaged, and nothing else suffers.</summary>
public sealed class DamagedFolderTests : IDisposable
{
    const int Runs = 60;

    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Theory]
    [InlineData("config.json")]
    [InlineData("metrics.jsonl")]
    [InlineData("evaluation.json")]
    [InlineData("environment.json")]
    public void Whatever_is_in_the_files_of_one_run_the_list_and_the_other_runs_are_there(string name)
    {
        command.Train("good", 100);
        command.Train("bad", 300);
        byte[] whole = File.ReadAllBytes(command.At("bad", name));
        var random = new Random(7);
        for (int i = 0; i < Runs; i++)
        {
            Directory.CreateDirectory(command.At($"bad-{i}", "checkpoints"));
            foreach (string file in Directory.GetFiles(command.At("bad"), "*", SearchOption.AllDirectories))
                File.Copy(file, command.At($"bad-{i}", Path.GetRelativePath(command.At("bad"), file)));
            File.WriteAllBytes(command.At($"bad-{i}", name), Mutilated(whole, random));
        }
        using var served = new Served(command);
        JsonElement[] runs = [.. served.Get("/api/runs").GetProperty("runs").EnumerateArray()];
        Assert.Equal(Runs + 2, runs.Length);
        Assert.Equal("done", served.Run("good").GetProperty("state").GetString());
        foreach (string id in runs.Select(run => run.GetProperty("id").GetString()!))
        {
            foreach (string path in new[] { "run", "metrics", "replay" })
            {
                (HttpStatusCode status, JsonElement answer) = served.Ask($"/api/{path}?id={id}");
                Assert.True(status is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.Conflict,
                    $"{path} of {id}: {status}, {answer}");
            }
        }
        if (name is "config.json" or "metrics.jsonl")
            Assert.Contains(runs, run => run.GetProperty("state").GetString() == "damaged");
    }

    // Cut, with bytes flipped, with a digit become many, or with a part of itself again.
    static byte[] Mutilated(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int wounds = random.Next(1, 4); wounds > 0 && bytes.Count > 0; wounds--)
        {
            int place = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
                case 1:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.InsertRange(place, "9e99999"u8.ToArray());
                    break;
                case 3:
                    int digit = bytes.FindIndex(place, letter => letter is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes.InsertRange(digit, "-98765432109876543210"u8.ToArray());
                    break;
                default:
                    bytes.InsertRange(place, bytes.Take(random.Next(1000)).ToArray());
                    break;
            }
        }
        return [.. bytes];
    }
}
