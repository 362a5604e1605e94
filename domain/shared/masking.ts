/** `z***@demo.example`: enough to recognise an address by, not enough to write to it (ORD-7). */
export const maskEmail = (email: string): string => email.replace(/^(.).*(@.*)$/su, '$1***$2');

/** `***0001`: the last four digits of a telephone number. */
export const maskPhone = (phone: string): string => `***${phone.replace(/\D/g, '').slice(-4)}`;

/** `王**`: the first character of a name, however long it is. */
export const maskName = (name: string): string => `${[...name].slice(0, 1).join('')}**`;

type Contact = { name: string | null; email: string | null; phone: string | null };

/** A contact as lists and exports show it (ORD-7). */
export const maskContact = ({ name, email, phone }: Contact): Contact => ({
  name: name && maskName(name),
  email: email && maskEmail(email),
  phone: phone && maskPhone(phone),
});
