using RLSquared.Language.Data;
using RLSquared.Language.Data.LongTrace;
using RLSquared.Language.Experience;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Prompts;

public sealed class TraceTaskTests
{
    // name → (next, colour), of the pages of a prompt.
    static Dictionary<char, (char Next, char Colour)> Pages(string prompt) =>
        prompt.Split('?')[0].Chunk(5).ToDictionary(page => page[0], page => (page[3], page[1]));

    [Theory]
    [InlineData(DistractorKind.Tiered)]
    [InlineData(DistractorKind.Random)]
    public void Every_prompt_holds_the_pages_of_its_way_and_fills_its_context(DistractorKind kind)
    {
        var task = new TraceTask(new TraceTaskOptions { Tokens = 67, Distractors = kind });
        HashSet<string> prompts = [];
        for (int number = 0; number < 30; number++)
        {
            PromptExample example = task.Draw(1, number, PromptSplit.HeldOut);
            Dictionary<char, (char Next, char Colour)> pages = Pages(example.Prompt);
            string question = example.Prompt[example.Prompt.IndexOf('?')..];
            char at = question[3];
            string way = "";
            for (int hop = 0; hop < 3; hop++)
                way += at = pages[at].Next;
            Assert.Equal($"{way}{pages[at].Colour}", example.Columns["way"].GetString());
            Assert.Equal(way.Select(name => $"{name}"),
                example.Columns["rubrics"].EnumerateArray().Select(one => one.GetString()!));
            Assert.Equal($"{pages[at].Colour}", example.Columns["label"].GetString());
            Assert.InRange(task.Encode(example).Length, 44, 67);
            Assert.True(prompts.Add(example.Prompt));
        }
    }

    [Fact]
    public async Task A_right_colour_is_worth_one_whatever_was_named()
    {
        var task = new TraceTask();
        PromptExample example = task.Draw(1, 0);
        string label = example.Columns["label"].GetString()!, other = label == "0" ? "1" : "0";
        IReadOnlyList<Completion> scored = await task.Rewards.Score(
            [.. ((string[])[label, example.Columns["way"].GetString()!, other, $"{label}{label}", $".{label}", ""])
                .Select(text => new Completion { Text = text, Columns = example.Columns })],
            TestContext.Current.CancellationToken);
        Assert.Equal([1, 1, 0, 0, 0, 0], scored.Select(one => one.Reward ?? -1));
        var cut = new Completion { Text = label, Columns = example.Columns, IsFinished = false };
        Assert.Equal(0, (await task.Rewards.Score([cut], TestContext.Current.CancellationToken))[0].Reward);
    }

    [Fact]
    public void The_tutor_follows_the_pages_as_often_as_asked_and_guesses_as_often()
    {
        var task = new TraceTask();
        int guesses = 0, questions = 0, hops = 0, right = 0;
        for (int number = 0; number < 500; number++)
        {
            (string context, (string Question, string Answer)[] asked) = task.DrawExample(1, number);
            Dictionary<char, (char Next, char Colour)> pages = Pages(context);
            Assert.Equal(asked.Length, asked.Select(one => one.Question[3]).Distinct().Count());
            foreach ((string question, string answer) in asked)
            {
                questions++;
                guesses += char.IsDigit(answer[0]) ? 1 : 0;
                char at = question[3];
                foreach (char name in answer[..^1])
                {
                    if (pages.TryGetValue(at, out (char Next, char Colour) page))
                        (hops, right) = (hops + 1, right + (page.Next == name ? 1 : 0));
                    at = name;
                }
            }
        }
        Assert.Equal(0.3, guesses / (double)questions, 0.04);
        Assert.Equal(0.6, right / (double)hops, 0.04);
    }

    [Fact]
    public void An_example_of_the_warm_start_teaches_its_answers_and_their_ends_alone()
    {
        var task = new TraceTask(new TraceTaskOptions
        {
            Right = 1,
            Guesses = 0,
            Questions = 5,
            Pages = 8,
            Distractors = DistractorKind.Random,
        });
        (string context, (string Question, string Answer)[] asked) = task.DrawExample(1, 5);
        TokenSequence wanted = task.Wanted(1, 5);
        Assert.Equal((8, 5), (context.Length / 5, asked.Length));
        Assert.Equal(context + string.Concat(asked.Select(one => $"{one.Question}{one.Answer}<end>")),
            task.Tokenizer.Decode(wanted.Tokens, skipSpecial: false));
        int[] learnt = [.. wanted.Tokens.Where((_, t) => wanted.Mask[t] == 1)];
        Assert.Equal(string.Concat(asked.Select(one => $"{one.Answer}<end>")),
            task.Tokenizer.Decode(learnt, skipSpecial: false));
        Assert.InRange(wanted.Tokens.Length, 1, task.LongestPrompt);
        // Each follows the pages to the end.
        Dictionary<char, (char Next, char Colour)> pages = Pages(context);
        foreach ((string question, string answer) in asked)
        {
            char at = question[3];
            string way = "";
            for (int hop = 0; hop < question[1] - '0'; hop++)
                way += at = pages[at].Next;
            Assert.Equal($"{way}{pages[at].Colour}", answer);
        }
    }

    [Fact]
    public void A_context_that_cannot_hold_the_walk_is_refused_in_one_sentence()
    {
        Assert.Equal("tokens must be from 16 to 16384, but is 15", Assert.Throws<OptionException>(
            () => TraceTaskOptions.Table.Apply([new("tokens", "15")])).Message);
        Assert.Equal("tokens 48 cannot hold a walk of 8 hops and its question, which have 49",
            Assert.Throws<OptionException>(
                () => new TraceTask(new TraceTaskOptions { Tokens = 48, Hops = 8 })).Message);
        Assert.NotNull(new TraceTask(new TraceTaskOptions { Tokens = 49, Hops = 8 }).Draw(1, 0));
    }
}
