using RLSquared.Language.Data;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Prompts;

public sealed class PromptTaskTests
{
    [Fact]
    public void Problems_have_their_exact_answers_and_go_through_the_tokenizer_and_back()
    {
        var task = new ArithmeticTask(new ArithmeticOptions { Operations = "+-*", Largest = 123 });
        for (int number = 0; number < 500; number++)
        {
            PromptExample problem = task.Draw(7, number);
            int[] ids = task.Encode(problem);
            Assert.Equal(problem.Prompt, task.Tokenizer.Decode(ids));
            Assert.Equal(problem.Prompt.Length, ids.Length);
            Assert.True(task.Tokenizer.Encode(problem.Completion!).Length < task.LongestCompletion);
            char operation = problem.Prompt.First("+-*".Contains);
            long[] operands = [.. problem.Prompt[..^1].Split(operation).Select(long.Parse)];
            long answer = operation switch
            {
                '+' => operands[0] + operands[1],
                '-' => operands[0] - operands[1],
                _ => operands[0] * operands[1],
            };
            Assert.Equal($"{answer}", problem.Completion);
        }
    }

    [Fact]
    public void Held_out_problems_are_never_learnt_from_and_neither_are_their_mirrors()
    {
        var task = new ArithmeticTask();
        int heldOut = 0;
        for (int a = 0; a < 100; a++)
        {
            for (int b = 0; b < 100; b++)
            {
                Assert.Equal(task.IsHeldOut('+', a, b), task.IsHeldOut('+', b, a));
                heldOut += task.IsHeldOut('+', a, b) ? 1 : 0;
            }
        }
        Assert.InRange(heldOut, 800, 1200);
        HashSet<string> learnt = [.. Enumerable.Range(0, 5000).Select(number => task.Draw(1, number).Prompt)];
        Assert.All(Enumerable.Range(0, 2000), number =>
        {
            string[] operands = task.Draw(1, number, PromptSplit.HeldOut).Prompt.TrimEnd('=').Split('+');
            Assert.DoesNotContain($"{operands[0]}+{operands[1]}=", learnt);
            Assert.DoesNotContain($"{operands[1]}+{operands[0]}=", learnt);
        });
    }

    [Fact]
    public async Task Only_an_exact_and_finished_answer_is_worth_one()
    {
        var task = new ArithmeticTask();
        PromptExample problem = task.Draw(1, 0);
        Completion right = new() { Text = problem.Completion!, Columns = problem.Columns };
        IReadOnlyList<Completion> scored = await task.Rewards.Score(
            [
                right, right with { Text = "0" + right.Text }, right with { IsFinished = false },
                right with { Text = "" },
            ],
            TestContext.Current.CancellationToken);
        Assert.Equal([1, 0, 0, 0], scored.Select(one => one.Reward ?? -1));
    }

    [Fact]
    public void A_list_shows_each_prompt_once_a_pass_in_an_order_of_the_seed()
    {
        string[] texts = [.. Enumerable.Range(0, 10).Select(i => $"{i}+1=")];
        PromptList list = List(texts);
        string[][] passes = [.. Enumerable.Range(0, 3).Select(pass => Enumerable.Range(0, 10)
            .Select(i => list.Draw(3, 10 * pass + i).Prompt).ToArray())];
        Assert.All(passes, pass => Assert.Equal(texts.Order(), pass.Order()));
        Assert.NotEqual(passes[0], passes[1]);
        Assert.Equal(passes[1][4], list.Draw(3, 14).Prompt);                 // any number, in any order
        Assert.Equal(passes[0][4], list.Draw(3, 4).Prompt);
        Assert.NotEqual(passes[0], [.. Enumerable.Range(0, 10).Select(i => list.Draw(4, i).Prompt)]);
    }

    [Fact]
    public void Prompts_that_cannot_be_are_refused_in_one_sentence()
    {
        PromptList list = List(["123456789012345678901234567890="]);
        Assert.Equal("a prompt of the task 'sums' has 31 tokens; up to 20 leave room for an answer",
            Assert.Throws<InvalidDataException>(() => list.Encode(list.Draw(0, 0))).Message);
        Assert.Contains("has no tokens", Assert.Throws<InvalidDataException>(
            () => list.Encode(new PromptExample("hello"))).Message);
        Assert.Contains("no chat template", Assert.Throws<InvalidDataException>(
            () => list.Encode(new PromptExample("") { Messages = [new("user", "1")] })).Message);
        Assert.Contains("has no prompts", Assert.Throws<ArgumentException>(() => List([])).Message);
    }

    [Theory]
    [InlineData("operations", "/", "operations must be some of +, - and *, each once")]
    [InlineData("operations", "", "operations must be some of")]
    [InlineData("largest", "1", "largest must be from 3 to 999999")]
    [InlineData("held-out", "1", "held-out must be from 0.01 to 0.9")]
    public void Options_that_cannot_be_are_refused(string key, string value, string message) =>
        Assert.StartsWith(message, Assert.Throws<OptionException>(
            () => ArithmeticOptions.Table.Apply([new(key, value)])).Message);

    [Fact]
    public void A_tokenizer_of_characters_is_an_ordinary_file()
    {
        var tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("ab 😀", "<end>"));
        Assert.Equal([1, 2, 3, 4, 0], tokenizer.Encode("ab 😀<end>"));
        Assert.Equal("b a", tokenizer.Decode([2, 3, 1, 0], skipSpecial: true));
        Assert.True(tokenizer.IsSpecial(0));
        Assert.Contains("is there twice", Assert.Throws<ArgumentException>(
            () => CharacterTokenizer.Write("aa")).Message);
    }

    internal static PromptList List(IEnumerable<string> prompts)
    {
        var tokenizer = Tokenizer.Parse(CharacterTokenizer.Write("0123456789+=", "<end>"));
        return new PromptList("sums", tokenizer, prompts.Select(text => new PromptExample(text)),
            new RewardSet().Add("short", completion => -completion.Tokens.Count), endTokens: [0])
        {
            MostPromptTokens = 20,
        };
    }
}
