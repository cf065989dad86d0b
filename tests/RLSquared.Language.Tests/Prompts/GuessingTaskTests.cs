using System.Text.Json;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tests.Models;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Prompts;

public sealed class GuessingTaskTests
{
    static readonly GuessingTask task = new();

    static PromptExample Hidden(int target) => new("?")
    {
        Columns = new Dictionary<string, JsonElement> { ["target"] = JsonElement.Parse($"{target}") },
    };

    // A play with guesses as the policy says them and answers as the task gives them.
    static Completion Play(int target, params string[] guesses)
    {
        PromptExample example = Hidden(target);
        var trajectory = new Trajectory(task.Encode(example));
        for (int turn = 0; turn < guesses.Length; turn++)
        {
            int[] ids = [.. task.Tokenizer.Encode(guesses[turn], addTemplate: false), task.EndTokens[0]];
            trajectory.AddDrawn(ids, new float[ids.Length], 0);
            if (task.Answer(example, guesses[..(turn + 1)]) is { } answer)
                trajectory.AddGiven(task.Tokenizer.Encode(answer, addTemplate: false));
        }
        return trajectory.ToCompletion(ids => task.Tokenizer.Decode(ids), example, 0, 0, isFinished: true);
    }

    static float Reward(Completion completion) => task.Rewards.Score([completion]).Result[0].Reward!.Value;

    [Fact]
    public void The_answer_says_where_the_number_is_and_ends_when_it_is_found()
    {
        Assert.Equal(">", task.Answer(Hidden(11), ["8"]));
        Assert.Equal("<", task.Answer(Hidden(11), ["8", "12"]));
        Assert.Null(task.Answer(Hidden(11), ["8", "12", "11"]));
        Assert.Null(task.Answer(Hidden(11), ["8", "12", "10", "1", "2", "3"]));          // six turns
        foreach (string wrong in (string[])["", "0", "17", "8>9", "-1", "99999999999999"])
            Assert.Null(task.Answer(Hidden(11), [wrong]));
    }

    [Fact]
    public void A_number_is_worth_more_the_sooner_it_is_found()
    {
        Assert.Equal(1, Reward(Play(8, "8")));
        Assert.Equal(4 / 6f, Reward(Play(11, "8", "12", "11")));
        Assert.Equal(1 / 6f, Reward(Play(11, "1", "2", "3", "4", "5", "11")));
        Assert.Equal(0, Reward(Play(11, "1", "2", "3", "4", "5", "6")));
        Assert.Equal(0, Reward(Play(11, "8", "?")));
        Assert.Equal(0, Reward(Play(11, "8", "12", "11") with { IsFinished = false }));
    }

    [Fact]
    public void An_answer_that_the_policy_writes_itself_finds_nothing() =>
        Assert.Equal(0, Reward(Play(11, "8>12<11")));

    [Fact]
    public void The_best_play_halves_what_is_left() =>
        // 1 number in one turn, 2 in two, 4 in three, 8 in four, 1 in five: (6 + 2·5 + 4·4 + 8·3 + 2)/(16·6).
        Assert.Equal((6 + 10 + 16 + 24 + 2) / 96.0, task.BestReward, 1e-12);

    [Fact]
    public void Examples_of_the_warm_start_are_whole_plays_whose_answers_are_not_learnt()
    {
        for (int number = 0; number < 50; number++)
        {
            TokenSequence wanted = task.Wanted(3, number);
            string text = task.Tokenizer.Decode(wanted.Tokens);
            Assert.StartsWith("?", text, StringComparison.Ordinal);
            int target = task.Draw(3, number).Columns["target"].GetInt32();
            int answers = 0;
            for (int t = 1; t < wanted.Tokens.Length; t++)
            {
                bool isAnswer = task.Tokenizer.Decode([wanted.Tokens[t]]) is "<" or ">";
                Assert.Equal(isAnswer ? 0 : 1, wanted.Mask[t]);
                answers += isAnswer ? 1 : 0;
            }
            string[] guesses = text[1..].Replace("<end>", "", StringComparison.Ordinal).Split('<', '>');
            Assert.Equal(answers + 1, guesses.Length);
            Assert.True(int.Parse(guesses[^1]) == target || guesses.Length == 6);
            // No guess is beyond what the answers before it left.
            int[] numbers = [.. guesses.Select(int.Parse)];
            for (int turn = 1; turn < numbers.Length; turn++)
            {
                Assert.All(numbers[turn..],
                    later => Assert.Equal(numbers[turn - 1] < target, numbers[turn - 1] < later));
            }
        }
    }

    [Fact]
    public void A_conversation_appends_turns_and_answers_and_says_which_tokens_are_the_policys()
    {
        using LanguageModel model = LanguageModel.Create(ModelConfiguration.Small(
            task.Tokenizer.Count, 16, 1, 2, task.LongestPrompt + task.LongestCompletion), 1);
        using var generator = new Generator(model, tokenizer: task.Tokenizer);
        (long prompts, long samples) = (0, 0);
        var sampling = new SamplingOptions { MaximumTokens = task.LongestCompletion, StopTokens = task.EndTokens };
        IReadOnlyList<Completion> all = Completions.Draw(
            generator, task, 200, 4, sampling, 5, PromptSplit.Training, ref prompts, ref samples);
        Assert.Equal(Enumerable.Range(0, 800).Select(i => ((long)i / 4, (long)i)),
            all.Select(one => (one.GroupId, one.TrajectoryId)));
        // Another turn has draws of its own: its first token is no copy of the first turn's.
        bool[] copies = [.. all.Where(one => one.Mask.Contains((byte)0) && one.Mask[^1] == 1).Select(
            one => one.Tokens[one.Mask.ToList().IndexOf(0) + 1] == one.Tokens[0])];
        Assert.InRange(copies.Length, 5, 800);
        Assert.InRange(copies.Average(copy => copy ? 1.0 : 0), 0, 0.6);
        foreach (Completion one in all)
        {
            one.RequireWhole();
            for (int t = 0; t < one.Tokens.Count; t++)
            {
                if (one.Mask[t] == 0)                       // an answer stands behind the end of a turn, and has no μ
                    Assert.Equal((task.EndTokens[0], 0f), (one.Tokens[t - 1], one.LogProbs[t]));
            }
        }
        // The probabilities are those of the whole conversation, bit for bit.
        Completion longest = all.MaxBy(one => one.Tokens.Count)!;
        var batch = new PackedBatch();
        batch.Add([.. longest.PromptTokens, .. longest.Tokens],
            [.. new byte[longest.PromptTokens.Count], .. longest.Mask]);
        float[] trained = SmallModels.Trained(model, batch, 1);
        Assert.Equal(trained.Skip(longest.PromptTokens.Count), longest.LogProbs);
    }
}
