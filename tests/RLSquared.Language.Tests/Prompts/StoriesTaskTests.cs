using System.Text.Json;
using RLSquared.Language.Data;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Prompts;

public sealed class StoriesTaskTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public StoriesTaskTests()
    {
        const string letters = "aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ";
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), CharacterTokenizer.Write(letters + " .,", "<end>"));
        File.WriteAllText(Path.Combine(folder, "config.json"), ModelConfigurationFile.Write(
            ModelConfiguration.Small(60, 16, 1, 2, 300) with { EndTokens = [0] }));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    StoriesTask Task(int shortest = 4, int mentions = 2) =>
        new(new StoriesOptions { Model = folder, Shortest = shortest, Mentions = mentions });

    static async Task<(float? Ends, float? Names, float? Reward)> Score(
        StoriesTask task, string text, int tokens, bool ends)
    {
        var told = new Completion
        {
            Text = text,
            Tokens = new int[tokens],
            IsFinished = ends,
            Columns = new Dictionary<string, JsonElement> { ["name"] = JsonElement.Parse("\"Tim\"") },
        };
        Completion scored = (await task.Rewards.Score([told]))[0];
        return (scored.RewardParts["ends"], scored.RewardParts["names"], scored.Reward);
    }

    [Fact]
    public async Task Half_of_the_reward_is_for_the_end_and_half_for_the_name()
    {
        StoriesTask task = Task();
        Assert.Equal((1, 1, 1), await Score(task, " Tim ran. Tim, tired, slept.", 9, ends: true));
        Assert.Equal((0, 1, 0.5f), await Score(task, " Tim ran. Then Tim slept.", 9, ends: false));
        Assert.Equal((0, 0.5f, 0.25f), await Score(task, "Tim.", 3, ends: true));        // too short to be a story
        Assert.Equal((1, 0.5f, 0.75f), await Score(task, "Timmy and Tim.", 4, ends: true));
        Assert.Equal((1, 0, 0.5f), await Score(task, "tim, Timothy, bigTim", 9, ends: true));
        Assert.Equal((1, 1, 1), await Score(task, "Tim Tim Tim Tim", 9, ends: true));
    }

    [Fact]
    public void Children_that_are_held_out_are_in_no_story_to_learn_from()
    {
        StoriesTask task = Task();
        HashSet<string> learnt = Names(PromptSplit.Training), heldOut = Names(PromptSplit.HeldOut);
        Assert.Empty(learnt.Intersect(heldOut));
        Assert.Equal((18, 6), (learnt.Count, heldOut.Count));
        Assert.Equal(task.Draw(3, 5).Prompt, task.Draw(3, 5).Prompt);
        Assert.Equal([0], task.EndTokens);

        HashSet<string> Names(PromptSplit split)
        {
            HashSet<string> names = [];
            for (int i = 0; i < 400; i++)
            {
                PromptExample prompt = task.Draw(3, i, split);
                string name = prompt.Columns["name"].GetString()!;
                Assert.Contains($" named {name}", prompt.Prompt);
                Assert.InRange(task.Encode(prompt).Length, 10, task.LongestPrompt);
                names.Add(name);
            }
            return names;
        }
    }

    [Fact]
    public void A_task_without_a_model_or_with_stories_that_cannot_end_is_refused()
    {
        Assert.Equal("stories are told by a language model; give its folder: --set model=FOLDER",
            Assert.Throws<OptionException>(() => new StoriesTask(new StoriesOptions())).Message);
        Assert.Contains("there is no folder", Assert.Throws<OptionException>(() =>
            new StoriesTask(new StoriesOptions { Model = Path.Combine(folder, "none") })).Message);
        Assert.Equal("shortest 120 must be below longest 120, the most tokens of a story",
            Assert.Throws<OptionException>(() => Task(shortest: 120)).Message);
    }

    [JudgedFact("shared:models/stories260K")]
    public void The_real_model_names_its_end_and_tells_of_the_child()
    {
        string real = Judges.Find("shared:models/stories260K")!;
        var task = new StoriesTask(new StoriesOptions { Model = real });
        Assert.Equal([1, 2], task.EndTokens);
        using var model = LanguageModel.Load(real);
        using var generator = new Generator(model, tokenizer: task.Tokenizer);
        PromptExample prompt = task.Draw(1, 0);
        generator.Submit(task.Encode(prompt), new SamplingOptions { Temperature = 0, MaximumTokens = 60 }, 1);
        Assert.Matches("[a-z]+ [a-z]+", generator.Run()[0].Text);
    }
}
